import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from './bytes.ts';

/** SHA-2, given by whoever runs the protocol: the server has faster ones. */
export interface Hashes {
  sha256(data: Uint8Array): Uint8Array;
  sha512(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** For clients. Not WebCrypto, which only answers later: the key schedule can then be followed step by step, and each record needs no await of its own. */
export const portableHashes: Hashes = { sha256, sha512, hmacSha256: (key, data) => hmac(sha256, key, data) };

/** HKDF-Extract, RFC 5869 §2.2. */
export function hkdfExtract({ hmacSha256 }: Hashes, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmacSha256(salt, ikm);
}

/** HKDF-Expand, RFC 5869 §2.3. */
export function hkdfExpand({ hmacSha256 }: Hashes, prk: Uint8Array, info: string | Uint8Array, length: number): Uint8Array {
  const label = typeof info === 'string' ? utf8(info) : info;
  if (length > 255 * 32) throw new RangeError('HKDF-SHA-256 gives at most 8160 bytes.');
  let block: Uint8Array = new Uint8Array();
  const blocks: Uint8Array[] = [];
  for (let counter = 1; (counter - 1) * 32 < length; counter++) {
    block = hmacSha256(prk, concat(block, label, Uint8Array.of(counter)));
    blocks.push(block);
  }
  return concat(...blocks).subarray(0, length);
}
