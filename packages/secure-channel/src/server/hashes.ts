import { hash } from 'node:crypto';
import { concat } from '../protocol/bytes.ts';
import type { Hashes } from '../protocol/hashes.ts';

const BLOCK_BYTES = 64;

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');

/** One-shot hashes: on Node 24 `createHmac` costs several times as much as two of them. */
export const nativeHashes: Hashes = {
  sha256,
  sha512: (data) => hash('sha512', data, 'buffer'),
  /** RFC 2104 §2. */
  hmacSha256(key, data) {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
    const inner = sha256(
      concat(
        block.map((byte) => byte ^ 0x36),
        data,
      ),
    );
    return sha256(
      concat(
        block.map((byte) => byte ^ 0x5c),
        inner,
      ),
    );
  },
};
