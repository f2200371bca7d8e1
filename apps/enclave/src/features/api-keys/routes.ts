import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { displayNames } from '../auth/index.ts';
import { makeKey, toAnswer } from './make-key.ts';
import { deleteApiKey, listApiKeys, listUses } from './store.ts';

export function apiKeyRoutes(context: Pick<Context, 'db' | 'keyring' | 'newId' | 'now'>): Handlers<'apiKeys'> {
  const { keyring } = context;
  return {
    async list({ user, transaction }) {
      const { keys, uses } = await transaction(async (tx) => ({
        keys: await listApiKeys(keyring, tx, user),
        uses: await listUses(keyring, tx),
      }));
      return keys.map((key) => toAnswer(key, uses.get(key.id)));
    },
    async create({ org, user, can, key: by, transaction }, { body }) {
      const { key, text } = await transaction((tx) => makeKey(context, tx, { org, user, can, by }, body));
      return { ...toAnswer(key), key: text };
    },
    async revoke({ user, transaction }, { params }) {
      await transaction(async (tx) => {
        if (!(await deleteApiKey(tx, params.key, user))) throw new AppError('not_found');
        tx.audit('key.revoked', params.key);
      });
    },
    async listAll({ transaction }) {
      const { keys, uses } = await transaction(async (tx) => {
        tx.audit('key.listed');
        return { keys: await listApiKeys(keyring, tx), uses: await listUses(keyring, tx) };
      });
      const names = await displayNames(context, [...new Set(keys.map(({ user }) => user))]);
      return keys.map((key) => ({ ...toAnswer(key, uses.get(key.id)), user: key.user, userName: names.get(key.user) ?? '' }));
    },
    async revokeAny({ transaction }, { params }) {
      await transaction(async (tx) => {
        if (!(await deleteApiKey(tx, params.key))) throw new AppError('not_found');
        tx.audit('key.revoked', params.key);
      });
    },
  };
}
