import { ChannelError } from '../errors.ts';
import { VERSION } from './constants.ts';
import { type Hashes, hkdfExpand } from './hashes.ts';

/** Long before AES-GCM with deterministic nonces weakens (NIST SP 800-38D §8.3). */
export const GENERATION_LIMITS = { records: 2 ** 20, bytes: 2 ** 30 };

export interface Generation<K> {
  readonly number: number;
  readonly key: K;
  readonly iv: Uint8Array;
}

/** Keys of one direction, one generation after the other. `K` is the key as the cipher of this side holds it. */
interface Chain<K> {
  readonly generation: Generation<K>;
  next(): Chain<K>;
}

function chain<K>(hashes: Hashes, secret: Uint8Array, importKey: (raw: Uint8Array) => K, number = 0): Chain<K> {
  const expand = (name: string, length: number) => hkdfExpand(hashes, secret, `${VERSION} ${name}`, length);
  const generation = { number, key: importKey(expand('key', 32)), iv: expand('iv', 12) };
  return { generation, next: () => chain(hashes, expand('next', 32), importKey, number + 1) };
}

export interface SendingKeys<K> {
  /** The key for one more record of so many plaintext bytes. */
  take(bytes: number): Generation<K>;
}

export function sendingKeys<K>(
  hashes: Hashes,
  secret: Uint8Array,
  importKey: (raw: Uint8Array) => K,
  limits = GENERATION_LIMITS,
): SendingKeys<K> {
  let current = chain(hashes, secret, importKey);
  let records = 0;
  let sealedBytes = 0;
  return {
    take(bytes) {
      if (records >= limits.records || sealedBytes >= limits.bytes) {
        current = current.next();
        records = 0;
        sealedBytes = 0;
      }
      records++;
      sealedBytes += bytes;
      return current.generation;
    },
  };
}

export interface ReceivingKeys<K> {
  /** The last generation opened, the one before or the one after. @throws ChannelError `record_refused` for any other */
  find(number: number): Generation<K>;
  /** A record of this generation opened: only then the chain moves on, so that a forged number moves nothing. */
  opened(number: number): void;
}

export function receivingKeys<K>(hashes: Hashes, secret: Uint8Array, importKey: (raw: Uint8Array) => K): ReceivingKeys<K> {
  let previous: Generation<K> | undefined;
  let current = chain(hashes, secret, importKey);
  let following: Chain<K> | undefined;
  return {
    find(number) {
      if (number === current.generation.number) return current.generation;
      if (number === previous?.number) return previous;
      if (number !== current.generation.number + 1) throw new ChannelError('record_refused');
      following ??= current.next();
      return following.generation;
    },
    opened(number) {
      if (!following || number !== following.generation.number) return;
      previous = current.generation;
      current = following;
      following = undefined;
    },
  };
}
