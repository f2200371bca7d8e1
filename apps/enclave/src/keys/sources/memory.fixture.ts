import { randomBytes } from 'node:crypto';
import { missingEpoch, type RootKeySource } from '../root-key.ts';

/** A source that keeps its keys in memory, where a test can take them away. */
export function createMemorySource(): RootKeySource & { readonly keys: Map<number, Uint8Array> } {
  const keys = new Map<number, Uint8Array>([[1, randomBytes(32)]]);
  const database = randomBytes(32);
  return {
    kind: 'file',
    keys,
    databaseSecret: async () => database,
    epochs: async () => [...keys.keys()].sort((a, b) => a - b),
    async createEpoch(epoch) {
      const key = keys.get(epoch) ?? randomBytes(32);
      keys.set(epoch, key);
      return key;
    },
    async openEpoch(epoch) {
      const key = keys.get(epoch);
      if (!key) throw missingEpoch('The memory', epoch);
      return key;
    },
    async destroyEpoch(epoch) {
      keys.delete(epoch);
    },
  };
}
