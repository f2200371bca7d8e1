import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bech32 } from '@scure/base';

const HASH_LENGTH = 20;

/** An address is the hash of a public key under a chain's prefix: the same person on every chain. */
export interface CosmosAddress {
  readonly prefix: string;
  readonly hash: Uint8Array;
}

export function readAddress(text: string): CosmosAddress | undefined {
  const decoded = bech32.decodeUnsafe(text);
  const hash = decoded && bech32.fromWordsUnsafe(decoded.words);
  // One spelling only: bech32 may be written in capitals too.
  return hash?.length === HASH_LENGTH && text === text.toLowerCase() ? { prefix: decoded?.prefix ?? '', hash } : undefined;
}

/** @param publicKey 33 bytes, compressed */
export function hashOf(publicKey: Uint8Array): Uint8Array {
  return ripemd160(sha256(publicKey));
}
