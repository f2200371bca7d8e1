import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8_192);
let at = pool.length;

/** Bytes of the system's generator, fetched many at a time: asking it for each few costs ten times as much. Each byte is given once and kept nowhere. */
export function randomBytes(length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  if (length > pool.length) return randomFillSync(bytes);
  if (at + length > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  pool.copy(bytes, 0, at, at + length);
  pool.fill(0, at, at + length);
  at += length;
  return bytes;
}
