import type { ConnectionId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { listGroups } from '../organizations/index.ts';
import { findConnection } from '../sso/index.ts';
import { readLog } from './log.ts';
import { countScimUsers, deleteToken, insertToken, listTokens, type ScimToken } from './store.ts';
import { writeToken } from './tokens.ts';

const SECRET_BYTES = 32;
const DAY_MS = 24 * 60 * 60_000;

export function scimRoutes({ keyring, newId, now }: Pick<Context, 'keyring' | 'newId' | 'now'>): Handlers<'scim'> {
  return {
    async get({ org, origin, transaction }, { params: { connection } }) {
      return transaction(async (tx) => {
        await requireConnection(tx, org, connection);
        return {
          address: `${origin}/scim/v2`,
          tokens: (await listTokens(keyring, tx, connection)).map(toAnswer),
          people: await countScimUsers(tx, { org, connection }),
          groups: (await listGroups(keyring, tx, org, connection)).length,
        };
      });
    },

    async createToken({ org, transaction }, { params: { connection }, body: { name, plain, readOnly, expiresInDays } }) {
      const id = newId('scimToken');
      const text = writeToken(org, id, randomBytes(SECRET_BYTES).toString('base64url'));
      const createdAt = now();
      const expiresAt = expiresInDays === undefined ? undefined : new Date(createdAt.getTime() + expiresInDays * DAY_MS);
      const token: ScimToken = { id, org, connection, name, ending: text.slice(-4), plain, readOnly, createdAt, expiresAt };
      await transaction(async (tx) => {
        await requireConnection(tx, org, connection);
        await insertToken(keyring, tx, token, keyring.blindIndex('scim-token', text));
        tx.audit('scim.token_created', id, { connection, plain, readOnly });
      });
      return { ...toAnswer(token), token: text };
    },

    async revokeToken({ transaction }, { params: { connection, token } }) {
      await transaction(async (tx) => {
        if (!(await deleteToken(tx, connection, token))) throw new AppError('not_found');
        tx.audit('scim.token_revoked', token, { connection });
      });
    },

    async log({ org, transaction, audit }, { params: { connection } }) {
      await audit('scim.log_read', connection);
      const entries = await transaction(async (tx) => {
        await requireConnection(tx, org, connection);
        return readLog(keyring, tx, { org, connection });
      });
      return entries.map(({ at, ...entry }) => ({ at: at.toISOString(), ...entry }));
    },
  };

  async function requireConnection(tx: Transaction, org: OrgId, connection: ConnectionId): Promise<void> {
    if (!(await findConnection(keyring, tx, org, connection))) throw new AppError('not_found');
  }
}

function toAnswer({ id, name, ending, plain, readOnly, createdAt, expiresAt }: ScimToken) {
  return {
    id,
    name,
    ending,
    plain,
    readOnly,
    createdAt: createdAt.toISOString(),
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
  };
}
