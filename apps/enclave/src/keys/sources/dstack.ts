/**
 * The `dstack` source: the guest agent derives a key for this application and path (`GetKey`, dstack guest agent RPC),
 * the same for every release the application's owner allows. It seals random epoch keys, which lie here:
 * a derived key cannot be destroyed, what it sealed can only be deleted.
 */
import { hkdfSync } from 'node:crypto';
import { randomBytes } from '../../random.ts';
import { EPOCH_KEY_BYTES, NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from '../root-key.ts';
import { SealError, SealingKey } from '../seal.ts';
import { callKeyService, readString } from './http.ts';
import { openWrappedKeys } from './wrapped-keys.ts';
import type { WrappedStore } from './wrapped-store.ts';

export interface DstackSettings {
  readonly socket: string;
  readonly store: WrappedStore;
  readonly patienceMs?: number;
}

export function openDstack({ socket, store, patienceMs }: DstackSettings): RootKeySource {
  const name = `The dstack guest agent (${socket})`;
  const derive = async (use: string): Promise<SealingKey> => {
    const body = JSON.stringify({ path: `privexbot/root-key/${use.replace(' ', '-')}`, purpose: 'sealing', algorithm: 'secp256k1' });
    const headers = { 'content-type': 'application/json' };
    const answer = await callKeyService(
      { name, method: 'POST', url: 'http://dstack/GetKey', socketPath: socket, headers, body },
      patienceMs,
    );
    if (answer.status !== 200)
      throw new RootKeyProblem(
        'refused',
        `${name} refuses to derive a key (status ${answer.status}). Check that the application uses dstack's key service. ${NOTHING_CHANGED}`,
      );
    const key = readString(answer.body, 'key') ?? '';
    if (!/^[0-9a-f]{64}$/i.test(key)) throw new RootKeyProblem('damaged', `${name} gave an answer that is no key. ${NOTHING_CHANGED}`);
    return new SealingKey(new Uint8Array(hkdfSync('sha256', Buffer.from(key, 'hex'), new Uint8Array(), `privexbot dstack ${use} v1`, 32)));
  };
  const aad = (use: string) => Buffer.from(`privexbot dstack ${use}`);
  return openWrappedKeys({
    kind: 'dstack',
    store,
    async make(use) {
      const secret = randomBytes(EPOCH_KEY_BYTES);
      return { secret, wrapped: (await derive(use)).seal(aad(use), secret) };
    },
    async open(use, sealed) {
      try {
        return (await derive(use)).open(aad(use), sealed);
      } catch (error) {
        if (error instanceof SealError) return undefined;
        throw error;
      }
    },
  });
}
