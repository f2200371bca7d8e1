import { createHmac } from 'node:crypto';
import { equalBytes, type Keyring } from '../keys/keyring.ts';
import type { Realm } from './audit-chain.ts';
import type { Tables } from './tables.ts';

/** A keyed sum over all rows of a table in a realm. */
export interface Sum {
  /** Grows with each change. */
  readonly counter: number;
  readonly sum: bigint;
}

/** What one transaction did to a head; a digest is `null` where the row was deleted. */
export interface Change extends Sum {
  readonly before: number;
  readonly digests: ReadonlyMap<string, bigint | null>;
}

type StoredHead = Pick<Tables['heads'], 'counter' | 'sum' | 'mac'>;
export type StoredChange = Pick<Tables['head_changes'], 'before' | 'counter' | 'digests' | 'mac'>;

export interface HeadMacs {
  digest(realm: Realm, table: string, id: string, sealed: Uint8Array): bigint;
  packHead(realm: Realm, table: string, head: Sum): StoredHead;
  packChange(realm: Realm, table: string, change: Change): StoredChange;
  /** What a stored change leads to from `sum`; `undefined` where that is not what this environment wrote. */
  openChange(realm: Realm, table: string, stored: StoredChange, head: Sum, known: ReadonlyMap<string, bigint>): Change | undefined;
}

const MODULUS = 1n << 256n;

export function createHeadMacs(keyring: Keyring): HeadMacs {
  const [rowKey, headKey, changeKey] = [keyring.mac('head row'), keyring.mac('head'), keyring.mac('head change')];

  // It covers the sum it leads to: where changes only had to add up, one with an old digest could be hidden by another's.
  function changeMac(realm: Realm, table: string, stored: Omit<StoredChange, 'mac'>, sum: bigint): Uint8Array {
    const { before, counter, digests } = stored;
    return createHmac('sha256', changeKey)
      .update(JSON.stringify([realm, table, before, counter, digests]))
      .update(toBytes(sum))
      .digest();
  }

  return {
    digest(realm, table, id, sealed) {
      const mac = createHmac('sha256', rowKey)
        .update(JSON.stringify([realm, table, id]))
        .update(sealed)
        .digest('hex');
      return BigInt(`0x${mac}`);
    },

    packHead(realm, table, { counter, sum }) {
      const bytes = toBytes(sum);
      const mac = createHmac('sha256', headKey)
        .update(JSON.stringify([realm, table, counter]))
        .update(bytes)
        .digest();
      return { counter, sum: bytes, mac: new Uint8Array(mac) };
    },

    packChange(realm, table, { before, counter, sum, digests }) {
      const written = JSON.stringify([...digests].map(([id, digest]) => [id, digest === null ? null : digest.toString(16)]));
      const stored = { before, counter, digests: written };
      return { ...stored, mac: changeMac(realm, table, stored, sum) };
    },

    openChange(realm, table, stored, head, known) {
      if (stored.before !== head.counter || stored.counter <= head.counter) return undefined;
      const digests = readDigests(stored.digests);
      if (!digests) return undefined;
      let { sum } = head;
      for (const [id, digest] of digests) sum = replaceIn(sum, known.get(id), digest);
      if (!equalBytes(stored.mac, changeMac(realm, table, stored, sum))) return undefined;
      return { before: stored.before, counter: stored.counter, sum, digests };
    },
  };
}

/** The sum after a row's digest was replaced. */
export function replaceIn(sum: bigint, before: bigint | null | undefined, after: bigint | null): bigint {
  return (sum - (before ?? 0n) + (after ?? 0n) + MODULUS) % MODULUS;
}

function readDigests(written: string): Map<string, bigint | null> | undefined {
  try {
    const read = JSON.parse(written) as [string, string | null][];
    return new Map(read.map(([id, digest]) => [id, digest === null ? null : BigInt(`0x${digest}`)]));
  } catch {
    // Not what was written here, so its MAC could not be right.
    return undefined;
  }
}

function toBytes(sum: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex'));
}
