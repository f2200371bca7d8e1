import type { ApiKeyId, OrgId, Permission, UserId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** What narrows a key below its maker's rights. */
export interface KeyLimits {
  /** All it may do; everything its maker may where it is absent. */
  readonly scopes?: readonly Permission[] | undefined;
  /** The only networks it is taken from; all where there are none. */
  readonly networks: readonly string[];
  readonly expiresAt?: Date | undefined;
}

export interface ApiKey extends KeyLimits {
  readonly id: ApiKeyId;
  readonly org: OrgId;
  readonly user: UserId;
  readonly name: string;
  readonly ending: string;
  /** May be used outside the sealed channel. */
  readonly plain: boolean;
  readonly createdAt: Date;
}

/** Keys of before there were limits have none of the last three. */
interface Content {
  readonly name: string;
  readonly ending: string;
  readonly plain?: boolean;
  readonly scopes?: readonly Permission[];
  readonly networks?: readonly string[];
  /** ISO 8601. */
  readonly expiresAt?: string;
}

export interface KeyUse {
  readonly at: Date;
  readonly address: string;
}

function placeOf(row: Omit<Tables['api_keys'], 'sealed'>): Place {
  const { org_id, id, version, user_id, secret_hash } = row;
  return { table: 'api_keys', realm: org_id, id, version, clear: [user_id, Buffer.from(secret_hash).toString('hex')] };
}

export async function insertApiKey(keyring: Keyring, tx: Transaction, key: ApiKey, secret_hash: Uint8Array): Promise<void> {
  const { id, org, user, createdAt } = key;
  const row = { id, org_id: org, user_id: user, secret_hash, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), toContent(key));
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

/** Of one person, or of everybody; oldest first. */
export async function listApiKeys(keyring: Keyring, tx: Transaction, user?: UserId): Promise<ApiKey[]> {
  let query = tx.sql.selectFrom('api_keys').selectAll().where('org_id', '=', tx.realm).orderBy('id');
  if (user) query = query.where('user_id', '=', user);
  const rows = await query.execute();
  return Promise.all(rows.map((row) => openRow(keyring, tx, row)));
}

/** By id, of all keys of the organization. One that was changed from outside is left out, so that it hides no others. */
export async function listApiKeyNames(keyring: Keyring, tx: Transaction): Promise<Map<string, string>> {
  const rows = await tx.sql.selectFrom('api_keys').selectAll().where('org_id', '=', tx.realm).execute();
  const opened = await Promise.allSettled(rows.map((row) => openRow(keyring, tx, row)));
  return new Map(opened.flatMap((one) => (one.status === 'fulfilled' ? [[one.value.id, one.value.name]] : [])));
}

/** @param user whose it must be, unless anybody's is meant. @returns whether there was such a key */
export async function deleteApiKey(tx: Transaction, id: ApiKeyId, user?: UserId): Promise<boolean> {
  await tx.lock('api_keys');
  let query = tx.sql.selectFrom('api_keys').select('id').where('org_id', '=', tx.realm).where('id', '=', id);
  if (user) query = query.where('user_id', '=', user);
  if (!(await query.executeTakeFirst())) return false;
  await tx.record('api_keys', id, null);
  await tx.sql.deleteFrom('api_keys').where('id', '=', id).execute();
  return true;
}

/** Ends all keys of a person. @returns how many there were */
export async function deleteApiKeysOf(tx: Transaction, user: UserId): Promise<number> {
  await tx.lock('api_keys');
  const rows = await tx.sql.selectFrom('api_keys').select('id').where('org_id', '=', tx.realm).where('user_id', '=', user).execute();
  for (const { id } of rows) {
    await tx.record('api_keys', id, null);
    await tx.sql.deleteFrom('api_keys').where('id', '=', id).execute();
  }
  return rows.length;
}

function placeOfUse({ key_id, org_id, used_at }: Omit<Tables['api_key_uses'], 'sealed'>): Place {
  return { table: 'api_key_uses', realm: org_id, id: key_id, version: 1, clear: [used_at.toISOString()] };
}

/** Keeps when and whence a key was used, unless another server kept a use of the minute before. */
export async function keepUse(keyring: Keyring, tx: Transaction, key_id: ApiKeyId, { at, address }: KeyUse, minute: number): Promise<void> {
  const row = { key_id, org_id: tx.realm, used_at: at };
  const sealed = sealValue(await keyring.organization(tx.keys, tx.realm), placeOfUse(row), { address });
  await tx.sql
    .insertInto('api_key_uses')
    .values({ ...row, sealed })
    .onConflict((conflict) =>
      conflict
        .column('key_id')
        .doUpdateSet({ used_at: at, sealed })
        .where('api_key_uses.used_at', '<=', new Date(at.getTime() - minute)),
    )
    .execute();
}

/** When the organization's keys were last used. What was changed from outside says nothing. */
export async function listUses(keyring: Keyring, tx: Transaction): Promise<Map<ApiKeyId, KeyUse>> {
  const rows = await tx.sql.selectFrom('api_key_uses').selectAll().where('org_id', '=', tx.realm).execute();
  const key = await keyring.organization(tx.keys, tx.realm);
  const open = (row: Tables['api_key_uses']): KeyUse => ({
    at: row.used_at,
    address: openValue<{ address: string }>(key, placeOfUse(row), row.sealed).address,
  });
  const opened = await Promise.allSettled(rows.map(async (row) => [row.key_id, open(row)] as const));
  return new Map(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
}

async function openRow(keyring: Keyring, tx: Transaction, row: Tables['api_keys']): Promise<ApiKey> {
  const { org_id: org, id, user_id: user, created_at: createdAt } = row;
  const content = openValue<Content>(await keyring.organization(tx.keys, org), placeOf(row), row.sealed);
  const { name, ending, plain = false, scopes, networks = [], expiresAt } = content;
  return { id, org, user, name, ending, plain, scopes, networks, expiresAt: expiresAt ? new Date(expiresAt) : undefined, createdAt };
}

function toContent({ name, ending, plain, scopes, networks, expiresAt }: ApiKey): Content {
  return { name, ending, plain, networks, ...(scopes ? { scopes } : {}), ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}) };
}
