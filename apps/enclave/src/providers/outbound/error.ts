/** Why a call to the outside failed, and what to do about it. */
const MESSAGES = {
  bad_url: 'The address cannot be called. Use http:// or https://, without a user name or password in it.',
  egress_denied: 'This host is not on the list of places the content may go. Add it to the egress list first.',
  private_address: 'This host has a private address. Whoever runs this machine can allow it in the setting PRIVEXBOT_PRIVATE_HOSTS.',
  not_resolved: 'No address is known for this host. Check its spelling.',
  refused: 'The host does not accept connections on this port. Check that the service runs and that the port is right.',
  tls: 'No trustworthy TLS connection could be made. Check the certificate of the host, and whether it wants https:// or http://.',
  timeout: 'The host took too long to answer. Try again later.',
  interrupted: 'The connection broke before the whole answer had arrived. Try again.',
  too_large: 'The answer is larger than allowed.',
  too_many_redirects: 'The host sends on to other addresses more often than allowed. Use the final address.',
  aborted: 'The call was cancelled.',
} as const;

export type OutboundErrorCode = keyof typeof MESSAGES;

/** The one error of the outbound client. Its text names at most the host, never a path, a query or a body. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: OutboundErrorCode;

  constructor(code: OutboundErrorCode, host = '', cause?: unknown) {
    super(host ? `${host}: ${MESSAGES[code]}` : MESSAGES[code], cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Node's and undici's error codes by the code they become. TLS codes are many: those are told by their shape below. */
const CODES: Readonly<Record<string, OutboundErrorCode>> = {
  ENOTFOUND: 'not_resolved',
  EAI_AGAIN: 'not_resolved',
  ENODATA: 'not_resolved',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_INVALID_ARG: 'bad_url',
  EPROTO: 'tls',
};
const TLS_CODE = /^ERR_(SSL|TLS)_|CERT|SIGNATURE|^UNABLE_TO_/;

/** Translates whatever the network threw, once, where it is caught. */
export function toOutboundError(error: unknown, host: string): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  return new OutboundError(CODES[code] ?? (TLS_CODE.test(code) ? 'tls' : 'interrupted'), host, error);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
