import type { ConnectionId, OrgId, ScimTokenId, UserId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import type { Resource } from './resource.ts';

export type Tx = Transaction<Realm>;

interface TokenContent {
  readonly name: string;
  /** Its last four characters. */
  readonly ending: string;
  /** May be used outside the sealed channel. */
  readonly plain: boolean;
  readonly readOnly: boolean;
}

export interface ScimToken extends TokenContent {
  readonly id: ScimTokenId;
  readonly org: OrgId;
  readonly connection: ConnectionId;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
}

interface UserContent {
  /** What the directory said, as the schemas have it; without `active`, which the membership says. */
  readonly resource: Resource;
  /** Whether the directory brought the person here: then name and address are its to change. */
  readonly isMade: boolean;
  readonly changedAt: string;
}

/** A person as one directory keeps it. */
export interface ScimUser extends Omit<UserContent, 'changedAt'> {
  readonly org: OrgId;
  readonly connection: ConnectionId;
  readonly user: UserId;
  readonly removed: boolean;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes).toString('hex');
}

function tokenPlace(row: Omit<Tables['scim_tokens'], 'sealed'>): Place {
  const { org_id, id, version, connection_id, secret_hash, expires_at } = row;
  const clear = [connection_id, hex(secret_hash), expires_at?.toISOString() ?? null];
  return { table: 'scim_tokens', realm: org_id, id, version, clear };
}

function userPlace(row: Omit<Tables['scim_users'], 'sealed'>): Place {
  const { org_id, id, version, connection_id, user_id, name_index, external_index, removed } = row;
  return {
    table: 'scim_users',
    realm: org_id,
    id,
    version,
    clear: [connection_id, user_id, hex(name_index), hex(external_index), removed],
  };
}

export async function insertToken(keyring: Keyring, tx: Transaction, token: ScimToken, secret_hash: Uint8Array): Promise<void> {
  const { id, org, connection, createdAt, expiresAt, name, ending, plain, readOnly } = token;
  const row = { id, org_id: org, connection_id: connection, secret_hash, expires_at: expiresAt ?? null, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), tokenPlace(row), { name, ending, plain, readOnly });
  await tx.record('scim_tokens', id, sealed);
  await tx.sql
    .insertInto('scim_tokens')
    .values({ ...row, sealed })
    .execute();
}

export async function findToken(
  keyring: Keyring,
  tx: Tx,
  org: OrgId,
  id: ScimTokenId,
): Promise<(ScimToken & { readonly secretHash: Uint8Array }) | undefined> {
  const row = await tx.sql.selectFrom('scim_tokens').selectAll().where('org_id', '=', org).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const token = await openToken(keyring, tx, row);
  await tx.check('scim_tokens', row.id, row.sealed, org);
  return { ...token, secretHash: row.secret_hash };
}

/** Oldest first. */
export async function listTokens(keyring: Keyring, tx: Transaction, connection: ConnectionId): Promise<ScimToken[]> {
  const rows = await tx.sql
    .selectFrom('scim_tokens')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('connection_id', '=', connection)
    .orderBy('id')
    .execute();
  return Promise.all(rows.map((row) => openToken(keyring, tx, row)));
}

/** @returns whether the connection had it */
export async function deleteToken(tx: Transaction, connection: ConnectionId, id: ScimTokenId): Promise<boolean> {
  await tx.lock('scim_tokens');
  const row = await tx.sql
    .selectFrom('scim_tokens')
    .select('id')
    .where('id', '=', id)
    .where('connection_id', '=', connection)
    .executeTakeFirst();
  if (!row) return false;
  await tx.record('scim_tokens', id, null);
  await tx.sql.deleteFrom('scim_tokens').where('id', '=', id).execute();
  return true;
}

/** Deletes what a connection that goes leaves behind here: its tokens, what it said of people, and its log. */
export async function forgetDirectory(tx: Transaction<'environment'>, { org, connection }: Directory): Promise<void> {
  await tx.lock('scim_tokens', org);
  await tx.lock('scim_users', org);
  for (const table of ['scim_tokens', 'scim_users'] as const) {
    const gone = await tx.sql.deleteFrom(table).where('org_id', '=', org).where('connection_id', '=', connection).returning('id').execute();
    for (const { id } of gone) await tx.record(table, id, null, org);
  }
  await tx.sql.deleteFrom('scim_log').where('org_id', '=', org).where('connection_id', '=', connection).execute();
}

async function openToken(keyring: Keyring, tx: Tx, row: Tables['scim_tokens']): Promise<ScimToken> {
  const content = openValue<TokenContent>(await keyring.organization(tx.keys, row.org_id), tokenPlace(row), row.sealed);
  const { id, org_id, connection_id, created_at, expires_at } = row;
  return { id, org: org_id, connection: connection_id, createdAt: created_at, expiresAt: expires_at ?? undefined, ...content };
}

/** Where people are looked for: one directory of one organization. */
export interface Directory {
  readonly org: OrgId;
  readonly connection: ConnectionId;
}

type By = { user: UserId } | { name: string } | { externalId: string };

/** Whom the directory keeps; by `user` also who was removed. */
export async function findScimUser(keyring: Keyring, tx: Tx, at: Directory, by: By): Promise<ScimUser | undefined> {
  let query = tx.sql.selectFrom('scim_users').selectAll().where('org_id', '=', at.org).where('connection_id', '=', at.connection);
  if ('user' in by) query = query.where('user_id', '=', by.user);
  else if ('name' in by) query = query.where('name_index', '=', nameIndex(keyring, by.name)).where('removed', '=', false);
  else query = query.where('external_index', '=', externalIndex(keyring, by.externalId)).where('removed', '=', false);
  const row = await query.orderBy('id').executeTakeFirst();
  return row && openUser(keyring, tx, row);
}

/** Up to `limit` people after `after`, oldest first. */
export async function pageScimUsers(
  keyring: Keyring,
  tx: Tx,
  { org, connection }: Directory,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<ScimUser[]> {
  const rows = await tx.sql
    .selectFrom('scim_users')
    .selectAll()
    .where('org_id', '=', org)
    .where('connection_id', '=', connection)
    .where('removed', '=', false)
    .orderBy('user_id')
    .offset(offset)
    .limit(limit)
    .execute();
  const users: ScimUser[] = [];
  for (const row of rows) users.push(await openUser(keyring, tx, row));
  return users;
}

export async function countScimUsers(tx: Tx, { org, connection }: Directory): Promise<number> {
  const row = await tx.sql
    .selectFrom('scim_users')
    .select(({ fn }) => fn.countAll<string>().as('users'))
    .where('org_id', '=', org)
    .where('connection_id', '=', connection)
    .where('removed', '=', false)
    .executeTakeFirst();
  return Number(row?.users ?? 0);
}

/** Which of these ids are people of the directory. */
export async function filterScimUsers(tx: Tx, { org, connection }: Directory, users: readonly UserId[]): Promise<Set<UserId>> {
  const found = new Set<UserId>();
  for (let at = 0; at < users.length; at += NAMED_AT_MOST) {
    const rows = await tx.sql
      .selectFrom('scim_users')
      .select('user_id')
      .where('org_id', '=', org)
      .where('connection_id', '=', connection)
      .where('removed', '=', false)
      .where('user_id', 'in', users.slice(at, at + NAMED_AT_MOST))
      .execute();
    for (const { user_id } of rows) found.add(user_id);
  }
  return found;
}

const NAMED_AT_MOST = 1_000;

/** The table must be locked. */
export async function insertScimUser(keyring: Keyring, tx: Tx, user: ScimUser): Promise<void> {
  const row = toRow(keyring, user, 1);
  const sealed = sealValue(await keyring.organization(tx.keys, user.org), userPlace(row), toContent(user));
  await tx.record('scim_users', row.id, sealed, user.org);
  await tx.sql
    .insertInto('scim_users')
    .values({ ...row, sealed })
    .execute();
}

/** The table must be locked since before the person was read. */
export async function changeScimUser(keyring: Keyring, tx: Tx, user: ScimUser): Promise<void> {
  const id = idOf(user);
  const before = await tx.sql.selectFrom('scim_users').select('version').where('id', '=', id).executeTakeFirstOrThrow();
  const row = toRow(keyring, user, before.version + 1);
  const sealed = sealValue(await keyring.organization(tx.keys, user.org), userPlace(row), toContent(user));
  const { name_index, external_index, removed, version } = row;
  await tx.record('scim_users', id, sealed, user.org);
  await tx.sql.updateTable('scim_users').set({ name_index, external_index, removed, version, sealed }).where('id', '=', id).execute();
}

async function openUser(keyring: Keyring, tx: Tx, row: Tables['scim_users']): Promise<ScimUser> {
  const key = await keyring.organization(tx.keys, row.org_id);
  const { changedAt, ...content } = openValue<UserContent>(key, userPlace(row), row.sealed);
  await tx.check('scim_users', row.id, row.sealed, row.org_id);
  const { org_id, connection_id, user_id, removed, created_at } = row;
  return {
    org: org_id,
    connection: connection_id,
    user: user_id,
    removed,
    createdAt: created_at,
    changedAt: new Date(changedAt),
    ...content,
  };
}

function idOf({ connection, user }: ScimUser): string {
  return `${connection}.${user}`;
}

function toRow(keyring: Keyring, user: ScimUser, version: number) {
  const { org, connection, resource, removed, createdAt } = user;
  const { userName, externalId } = resource;
  // Who was removed keeps no name: another person may have it.
  if (typeof userName !== 'string' && !removed) throw new AppError('internal');
  return {
    id: idOf(user),
    org_id: org,
    connection_id: connection,
    user_id: user.user,
    name_index: nameIndex(keyring, typeof userName === 'string' ? userName : user.user),
    external_index: typeof externalId === 'string' ? externalIndex(keyring, externalId) : null,
    removed,
    version,
    created_at: createdAt,
  };
}

function toContent({ resource, isMade, changedAt }: ScimUser): UserContent {
  return { resource, isMade, changedAt: changedAt.toISOString() };
}

/** RFC 7643 §4.1.1: user names that differ in case only are one. */
function nameIndex(keyring: Keyring, name: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('scim-name', name.normalize('NFKC').toLowerCase());
}

function externalIndex(keyring: Keyring, externalId: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('scim-external', externalId);
}
