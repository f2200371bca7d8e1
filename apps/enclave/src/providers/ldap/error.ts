import { ResultCodeError } from 'ldapts';
import { toOutboundError } from '../outbound/error.ts';

const CODES = {
  private_address: 'the address is private',
  not_resolved: 'no address is known for the host',
  refused: 'nothing answers at that port',
  timeout: 'the directory took too long',
  interrupted: 'the connection broke',
  tls: 'the certificate of the directory is not to be trusted',
  no_tls: 'the directory does not offer TLS',
  too_large: 'the directory answers with more than is taken',
  operation: 'the directory refused what was asked',
} as const;
export type LdapErrorCode = keyof typeof CODES;

/** The one error of the LDAP client. Its text holds nothing that was sent or received. */
export class LdapError extends Error {
  override readonly name = 'LdapError';
  readonly code: LdapErrorCode;
  /** LDAP result code where the directory gave one (RFC 4511 §4.1.9). */
  readonly result: number | undefined;

  constructor(code: LdapErrorCode, options?: ErrorOptions & { result?: number }) {
    super(CODES[code], options);
    this.code = code;
    this.result = options?.result;
  }
}

/** Translates what the library and the sockets threw, once, where it is caught. */
export function toLdapError(error: unknown, signal?: AbortSignal): LdapError {
  if (error instanceof LdapError) return error;
  if (signal?.aborted) return new LdapError('timeout', { cause: error });
  if (error instanceof ResultCodeError) return new LdapError('operation', { cause: error, result: error.code });
  const { code } = toOutboundError(error, '');
  return new LdapError(code in CODES ? (code as LdapErrorCode) : 'interrupted', { cause: error });
}
