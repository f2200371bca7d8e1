import type { ApiKeyId, OrgId, UserId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

export interface ApiKey {
  readonly id: ApiKeyId;
  readonly org: OrgId;
  readonly user: UserId;
  readonly name: string;
  readonly ending: string;
  /** May be used outside the sealed channel. */
  readonly plain: boolean;
  readonly createdAt: Date;
}

function placeOf(row: Omit<Tables['api_keys'], 'sealed'>): Place {
  const { org_id, id, version, user_id, secret_hash } = row;
  return { table: 'api_keys', realm: org_id, id, version, clear: [user_id, Buffer.from(secret_hash).toString('hex')] };
}

export async function insertApiKey(keyring: Keyring, tx: Transaction, key: ApiKey, secret_hash: Uint8Array): Promise<void> {
  const { id, org, user, name, ending, plain, createdAt } = key;
  const row = { id, org_id: org, user_id: user, secret_hash, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), { name, ending, plain });
  await tx.record('api_keys', id, sealed);
  await tx.sql
    .insertInto('api_keys')
    .values({ ...row, sealed })
    .execute();
}

export async function findApiKeyRow(
  keyring: Keyring,
  tx: Transaction,
  id: ApiKeyId,
): Promise<(ApiKey & { secretHash: Uint8Array }) | undefined> {
  const row = await tx.sql.selectFrom('api_keys').selectAll().where('org_id', '=', tx.realm).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const key = await openRow(keyring, tx, row);
  await tx.check('api_keys', row.id, row.sealed);
  return { ...key, secretHash: row.secret_hash };
}

/** Oldest first. */
export async function listApiKeys(keyring: Keyring, tx: Transaction, user: UserId): Promise<ApiKey[]> {
  const rows = await tx.sql
    .selectFrom('api_keys')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('user_id', '=', user)
    .orderBy('id')
    .execute();
  return Promise.all(rows.map((row) => openRow(keyring, tx, row)));
}

/** By id, of all keys of the organization. One that was changed from outside is left out, so that it hides no others. */
export async function listApiKeyNames(keyring: Keyring, tx: Transaction): Promise<Map<string, string>> {
  const rows = await tx.sql.selectFrom('api_keys').selectAll().where('org_id', '=', tx.realm).execute();
  const opened = await Promise.allSettled(rows.map((row) => openRow(keyring, tx, row)));
  return new Map(opened.flatMap((one) => (one.status === 'fulfilled' ? [[one.value.id, one.value.name]] : [])));
}

/** @returns whether the person had that key */
export async function deleteApiKey(tx: Transaction, user: UserId, id: ApiKeyId): Promise<boolean> {
  await tx.lock('api_keys');
  const row = await tx.sql.selectFrom('api_keys').select('id').where('id', '=', id).where('user_id', '=', user).executeTakeFirst();
  if (!row) return false;
  await tx.record('api_keys', id, null);
  await tx.sql.deleteFrom('api_keys').where('id', '=', id).execute();
  return true;
}

async function openRow(keyring: Keyring, tx: Transaction, row: Tables['api_keys']): Promise<ApiKey> {
  const { name, ending, plain } = openValue<Pick<ApiKey, 'name' | 'ending'> & { plain?: boolean }>(
    await keyring.organization(tx.keys, row.org_id),
    placeOf(row),
    row.sealed,
  );
  return { id: row.id, org: row.org_id, user: row.user_id, name, ending, plain: plain === true, createdAt: row.created_at };
}
