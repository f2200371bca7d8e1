/** Whether the same request may be sent again: `yes` nothing of it left this process; `same-key` only with the same idempotency key; `no` it would fail alike. */
export type Resend = 'yes' | 'same-key' | 'no';

interface Refusal {
  readonly status: number;
  readonly resend: Resend;
  readonly message: string;
}

/**
 * Every way this package refuses: what a person reads, whether the request may be sent again, and the HTTP status where a server says it.
 * Those a server says never are `yes`, for they are not authenticated: whoever wrote one may have delivered the request before.
 */
export const REFUSALS = {
  malformed_message: refusal(400, 'no', 'The other side did not speak this version of the sealed channel; update the app or the server.'),
  no_common_suite: refusal(400, 'no', 'The two sides share no encryption suite; update the older one.'),
  origin_mismatch: refusal(400, 'no', 'This environment does not speak for this address; check the address with whoever gave it to you.'),
  identity_mismatch: refusal(502, 'yes', 'Another environment answered than the one you trust; nothing was sent to it.'),
  key_config_invalid: refusal(502, 'yes', 'The environment could not prove its key configuration; nothing was sent to it.'),
  key_config_expired: refusal(
    502,
    'yes',
    'The environment showed an outdated key configuration; check the clock of this device, then try again.',
  ),
  handshake_failed: refusal(
    502,
    'yes',
    'The answer was changed on its way or is not for us; nothing was sent. Try again on another network.',
  ),
  evidence_refused: refusal(502, 'yes', 'The evidence of the environment did not pass the checks; nothing was sent to it.'),
  rehandshake: refusal(
    409,
    'same-key',
    'The sealed session ended, and what was sent may or may not have arrived; look before you send it again, or use the same idempotency key.',
  ),
  record_refused: refusal(400, 'same-key', 'A sealed message was damaged or repeated on its way and was thrown away; try again.'),
  truncated: refusal(502, 'same-key', 'The answer was cut before its end; ask again.'),
  too_large: refusal(413, 'no', 'The message is larger than the sealed channel takes; send it in parts.'),
  busy: refusal(503, 'same-key', 'The server opens too many sessions at the moment; try again in a few seconds.'),
  transport_failed: refusal(
    502,
    'same-key',
    'The server could not be reached or did not answer in the form expected; check the connection and try again.',
  ),
  closed: refusal(502, 'yes', 'This sealed session was closed; open a new one.'),
} as const satisfies Record<string, Refusal>;

export type ChannelErrorCode = keyof typeof REFUSALS;

/** A refusal of the sealed channel. `message` is for people and holds no content; `cause` keeps what led to it. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly code: ChannelErrorCode;
  readonly resend: Resend;

  constructor(code: ChannelErrorCode, cause?: unknown) {
    super(REFUSALS[code].message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.resend = REFUSALS[code].resend;
  }
}

export function isChannelErrorCode(code: unknown): code is ChannelErrorCode {
  return typeof code === 'string' && Object.hasOwn(REFUSALS, code);
}

function refusal(status: number, resend: Resend, message: string): Refusal {
  return { status, resend, message };
}
