import { concatBytes, ParseError } from './bytes.ts';
import { contextTag, DerCursor, type DerNode, onlyChild, readDer, readInteger, readIntegerBytes, readOid, TAG } from './der.ts';

/** `raw`: r and s in fixed width, one behind the other (IEEE P1363), as quotes, reports and COSE have it; otherwise DER as X.509 has it. */
export type SignatureAlgorithm = keyof typeof ALGORITHMS;

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256', size: 32 } as const;
const P384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384', size: 48 } as const;

const ALGORITHMS = {
  'ecdsa-p256-sha256': { ...P256, isDer: true },
  'ecdsa-p256-sha256-raw': { ...P256, isDer: false },
  'ecdsa-p384-sha384': { ...P384, isDer: true },
  'ecdsa-p384-sha384-raw': { ...P384, isDer: false },
  'rsa-pss-sha384': { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 },
} as const;

/**
 * Whether `signature` over `data` is of the key in `spki` (SubjectPublicKeyInfo, DER).
 * A key of another kind or curve and a malformed signature are `false`, not an error.
 */
export async function verifySignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  const parameters = ALGORITHMS[algorithm];
  try {
    const key = await crypto.subtle.importKey('spki', new Uint8Array(spki), parameters, false, ['verify']);
    const plain = parameters.name === 'ECDSA' && parameters.isDer ? rawFromDer(signature, parameters.size) : new Uint8Array(signature);
    return await crypto.subtle.verify(parameters, key, plain, new Uint8Array(data));
  } catch {
    return false;
  }
}

/** SubjectPublicKeyInfo of the P-256 key whose x and y are given, 64 bytes (RFC 5480 §2). */
export function p256Spki(point: Uint8Array): Uint8Array<ArrayBuffer> {
  if (point.length !== 64) throw new ParseError('A P-256 key has 64 bytes');
  return concatBytes(P256_SPKI_PREFIX, point);
}

const P256_SPKI_PREFIX = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04],
);

/** Ecdsa-Sig-Value (RFC 3279 §2.2.3) to r and s of `size` bytes each. */
function rawFromDer(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const cursor = new DerCursor(readDer(der));
  const raw = new Uint8Array(2 * size);
  for (const index of [1, 2]) {
    const bytes = readIntegerBytes(cursor.next());
    const number = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    if ((bytes[0] ?? 0) >= 0x80 || number.length > size) throw new ParseError('Not a signature');
    raw.set(number, index * size - number.length);
  }
  cursor.end();
  return raw;
}

/** The algorithm that an AlgorithmIdentifier of a certificate or a revocation list names; throws for all others. */
export function readSignatureAlgorithm(node: DerNode): SignatureAlgorithm {
  const cursor = new DerCursor(node);
  const oid = readOid(cursor.next());
  const ecdsa = ECDSA_OIDS[oid];
  if (ecdsa) {
    cursor.end(); // RFC 5758 §3.2: the parameters are absent.
    return ecdsa;
  }
  if (oid !== '1.2.840.113549.1.1.10') throw new ParseError(`Signature algorithm ${oid} is not supported`);
  requirePssSha384(cursor.next());
  cursor.end();
  return 'rsa-pss-sha384';
}

const ECDSA_OIDS: Partial<Record<string, SignatureAlgorithm>> = {
  '1.2.840.10045.4.3.2': 'ecdsa-p256-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-p384-sha384',
};

/** RSASSA-PSS-params (RFC 4055 §3.1): SHA-384, MGF1 with SHA-384, 48 bytes of salt, trailer 1. */
function requirePssSha384(node: DerNode): void {
  const parameters = new DerCursor(node);
  const hash = parameters.next(contextTag(0));
  const mask = new DerCursor(onlyChild(parameters.next(contextTag(1))));
  const salt = readInteger(onlyChild(parameters.next(contextTag(2))));
  const trailer = parameters.optional(contextTag(3));
  parameters.end();
  const isRight =
    isSha384(onlyChild(hash)) &&
    readOid(mask.next()) === '1.2.840.113549.1.1.8' &&
    isSha384(mask.next()) &&
    salt === 48 &&
    (!trailer || readInteger(onlyChild(trailer)) === 1);
  mask.end();
  if (!isRight) throw new ParseError('Only RSA-PSS with SHA-384 is supported');
}

function isSha384(node: DerNode): boolean {
  const cursor = new DerCursor(node);
  const oid = readOid(cursor.next());
  cursor.optional(TAG.null);
  cursor.end();
  return oid === '2.16.840.1.101.3.4.2.2';
}
