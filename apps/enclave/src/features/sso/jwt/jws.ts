/** Signed tokens in compact form (RFC 7515), read more strictly than libraries do. */
import { compactVerify, createLocalJWKSet, errors, type JWK } from 'jose';
import { readStrictObject } from './strict-json.ts';
import { isWeakRsaKey } from './weak-rsa.ts';

const MAX_LENGTH = 8 * 1024;
const MAX_KEYS = 100;
const FORM = /^([\w-]+)\.([\w-]*)\.([\w-]+)$/;
const KEY_TYPES = new Set<unknown>(['RSA', 'EC', 'OKP']);

export interface Jws {
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

/** Three parts of base64url and nothing else: no spaces, no padding, no bits to spare. Undefined for anything else. */
export function readJws(token: string): Jws | undefined {
  const [, head = '', payload = '', signature = ''] = (token.length <= MAX_LENGTH && FORM.exec(token)) || [];
  const parts = [head, payload, signature].map((part) => ({ part, bytes: Buffer.from(part, 'base64url') }));
  const header = readStrictObject(Buffer.from(head, 'base64url'));
  // RFC 7515 §4.1.11: what must be understood is not.
  if (!header || 'crit' in header) return undefined;
  return parts.every(({ part, bytes }) => bytes.toString('base64url') === part)
    ? { token, header, payload: Buffer.from(payload, 'base64url') }
    : undefined;
}

/** The keys of a set that may check signatures: public, meant for it, not known to be weak. Undefined where it is no set. */
export function readKeySet(value: unknown): JWK[] | undefined {
  const keys: unknown = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  return (keys as (JWK | null)[]).filter((key) => key !== null && isForSignatures(key)) as JWK[];
}

function isForSignatures(key: JWK): boolean {
  const isPublic = typeof key === 'object' && KEY_TYPES.has(key.kty) && !('d' in key) && !('k' in key);
  return isPublic && (key.use ?? 'sig') === 'sig' && !(key.kty === 'RSA' && isWeakRsaKey(key));
}

/** `no_key` also where several keys might be meant: the issuer has to name one (OpenID Connect Core §10.1). */
export type SignatureResult = 'valid' | 'algorithm' | 'no_key' | 'wrong';

/** Checks a signature by keys of ours: nothing in a token says by which keys it is checked, only which of them. */
export async function checkSignature(
  { token, header }: Jws,
  keys: readonly JWK[],
  algorithms: readonly string[],
): Promise<SignatureResult> {
  if (!algorithms.includes(String(header.alg))) return 'algorithm';
  try {
    await compactVerify(token, createLocalJWKSet({ keys: [...keys] }), { algorithms: [...algorithms] });
    return 'valid';
  } catch (error) {
    const isMissing = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
    return isMissing ? 'no_key' : 'wrong';
  }
}
