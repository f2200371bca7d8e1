/**
 * The `vault` source: one key of Vault's Transit engine per epoch. The epoch key is Vault's HMAC of a fixed text under it
 * (API documentation of Transit, "Generate HMAC"), so nothing wrapped is stored here, and deleting the key at Vault ends it.
 */
import { EPOCH_KEY_BYTES, missingEpoch, NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from '../root-key.ts';
import { callKeyService, type KeyServiceAnswer, readString } from './http.ts';

export interface VaultSettings {
  /** Of the engine, such as `https://vault.example:8200/v1/transit`. */
  readonly url: string;
  /** What the names of this environment's keys begin with. */
  readonly key: string;
  /** Read anew for each use, since agents renew it. */
  readonly token: () => Promise<Uint8Array>;
  readonly patienceMs?: number;
}

export function openVault({ url, key, token, patienceMs }: VaultSettings): RootKeySource {
  const name = `Vault at ${new URL(url).host}`;
  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<KeyServiceAnswer> => {
    const headers = {
      'x-vault-token': Buffer.from(await token()).toString(),
      'x-vault-request': 'true',
      'content-type': 'application/json',
    };
    const request = { name, method, url: `${url}/${path}`, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const answer = await callKeyService(request, patienceMs);
    if (answer.status === 403)
      throw new RootKeyProblem(
        'refused',
        `${name} refuses the token. Renew it in the file that PRIVEXBOT_ROOT_KEY_SECRET_FILE names, and see that its policy allows ${key}-*. ${NOTHING_CHANGED}`,
      );
    if (answer.status === 429 || answer.status >= 500)
      throw new RootKeyProblem(
        'unreachable',
        `${name} is sealed, overloaded or down (status ${answer.status}). Try again when it is up. ${NOTHING_CHANGED}`,
      );
    return answer;
  };
  const failed = ({ status }: KeyServiceAnswer) =>
    new RootKeyProblem(
      'refused',
      `${name} answered with status ${status}. Check the path of the Transit engine in PRIVEXBOT_ROOT_KEY. ${NOTHING_CHANGED}`,
    );
  const nameOf = (use: string) => `${key}-${use}`;

  const isThere = async (use: string) => {
    const answer = await call('GET', `keys/${nameOf(use)}`);
    if (answer.status === 200) return true;
    if (answer.status === 404) return false;
    throw failed(answer);
  };
  const derive = async (use: string): Promise<Uint8Array> => {
    const input = Buffer.from(`privexbot root key 1 ${use}`).toString('base64');
    // Always the first version: rotating the key inside Vault must not change what it derives.
    const answer = await call('POST', `hmac/${nameOf(use)}/sha2-256`, { input, key_version: 1 });
    if (answer.status !== 200) throw failed(answer);
    const [, mac = ''] = /^vault:v1:([A-Za-z0-9+/]+=*)$/.exec(readString(answer.body, 'data', 'hmac') ?? '') ?? [];
    const bytes = new Uint8Array(Buffer.from(mac, 'base64'));
    if (bytes.length !== EPOCH_KEY_BYTES) throw new RootKeyProblem('damaged', `${name} gave an answer that is no HMAC. ${NOTHING_CHANGED}`);
    return bytes;
  };
  const createAndDerive = async (use: string) => {
    if (!(await isThere(use))) {
      const answer = await call('POST', `keys/${nameOf(use)}`, { type: 'aes256-gcm96', exportable: false, allow_plaintext_backup: false });
      if (answer.status >= 300) throw failed(answer);
    }
    return derive(use);
  };
  const toUse = (epoch: number) => `epoch-${epoch}`;

  return {
    kind: 'vault',
    databaseSecret: () => createAndDerive('database'),
    async epochs() {
      const answer = await call('GET', 'keys?list=true');
      if (answer.status === 404) return []; // no key at all
      if (answer.status !== 200) throw failed(answer);
      const { keys = [] } = (answer.body as { data?: { keys?: readonly unknown[] } } | undefined)?.data ?? {};
      const prefix = nameOf('epoch-');
      const found = keys.flatMap((other) =>
        typeof other === 'string' && other.startsWith(prefix) ? Number(other.slice(prefix.length)) : [],
      );
      return found.filter(Number.isInteger).sort((a, b) => a - b);
    },
    createEpoch: (epoch) => createAndDerive(toUse(epoch)),
    async openEpoch(epoch) {
      if (!(await isThere(toUse(epoch)))) throw missingEpoch(name, epoch);
      return derive(toUse(epoch));
    },
    async destroyEpoch(epoch) {
      const path = `keys/${nameOf(toUse(epoch))}`;
      if (!(await isThere(toUse(epoch)))) return;
      // Vault deletes only keys that say they may be deleted.
      for (const answer of [await call('POST', `${path}/config`, { deletion_allowed: true }), await call('DELETE', path)])
        if (answer.status >= 300) throw failed(answer);
      if (await isThere(toUse(epoch)))
        throw new RootKeyProblem('refused', `${name} still has the key of epoch ${epoch} after it was deleted. ${NOTHING_CHANGED}`);
    },
  };
}
