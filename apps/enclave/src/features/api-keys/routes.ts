import { hasPermission, PERMISSIONS } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { writeApiKey } from './index.ts';
import { type ApiKey, deleteApiKey, insertApiKey, listApiKeys } from './store.ts';

const SECRET_BYTES = 32;
const ALLOWS_PLAIN = 'people.manage';

export function apiKeyRoutes({ keyring, newId, now }: Pick<Context, 'keyring' | 'newId' | 'now'>): Handlers<'apiKeys'> {
  return {
    async list(scope) {
      return (await scope.transaction((tx) => listApiKeys(keyring, tx, scope.user))).map(toAnswer);
    },
    async create({ org, user, role, transaction }, { body: { name, plain = false } }) {
      if (plain && !hasPermission(role, ALLOWS_PLAIN)) throw new AppError('not_allowed', { allows: PERMISSIONS[ALLOWS_PLAIN].allows });
      const id = newId('apiKey');
      const text = writeApiKey(org, id, randomBytes(SECRET_BYTES).toString('base64url'));
      const key: ApiKey = { id, org, user, name, ending: text.slice(-4), plain, createdAt: now() };
      await transaction(async (tx) => {
        await insertApiKey(keyring, tx, key, keyring.blindIndex('api-key', text));
        tx.audit('key.created', id, plain ? { plain } : {});
      });
      return { ...toAnswer(key), key: text };
    },
    async revoke({ user, transaction }, { params }) {
      await transaction(async (tx) => {
        if (!(await deleteApiKey(tx, user, params.key))) throw new AppError('not_found');
        tx.audit('key.revoked', params.key);
      });
    },
  };
}

function toAnswer({ id, name, ending, plain, createdAt }: ApiKey) {
  return { id, name, ending, plain, createdAt: createdAt.toISOString() };
}
