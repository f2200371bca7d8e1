import { createHash, hash } from 'node:crypto';

/** A register that starts as zeros, after one extension: TDX RTMR and Nitro PCR count alike. */
export function extendedOnce(digest: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha384').update(new Uint8Array(48)).update(digest).digest());
}

export function sha384(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha384', content, 'buffer'));
}

export function sha256(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', content, 'buffer'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
