import type { ConnectionId, GroupId, OrgId, Role, UserId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import { type DirectorySource, NAMED_AT_MOST } from './memberships.ts';

type Tx = Transaction<Realm>;

export interface Group {
  readonly id: GroupId;
  readonly org: OrgId;
  readonly name: string;
  /** The connection of the directory that keeps it; absent for groups that are kept here. */
  readonly connection?: ConnectionId | undefined;
  readonly source: 'manual' | DirectorySource;
  /** What the directory calls it by: a SCIM externalId, a claim's value, a distinguished name. */
  readonly externalId?: string | undefined;
  /** What its members become whose membership a directory manages. Given by an Admin, never by a directory. */
  readonly role?: Role | undefined;
  readonly createdAt: Date;
}

type Row = Tables['groups'];
type Sealed = Pick<Group, 'name' | 'source' | 'externalId' | 'role'>;

function placeOf(row: Omit<Row, 'sealed'>): Place {
  const { org_id, id, version, connection_id, name_index, external_index } = row;
  return { table: 'groups', realm: org_id, id, version, clear: [connection_id, hex(name_index), external_index && hex(external_index)] };
}

function memberPlace(row: Omit<Tables['group_members'], 'sealed'>): Place {
  const { org_id, id, version, group_id, user_id } = row;
  return { table: 'group_members', realm: org_id, id, version, clear: [group_id, user_id] };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Takes what a change to members, groups or their roles needs, in the one order in which it may be taken. */
export function lockRights(tx: Tx, org: OrgId): Promise<void> {
  return tx.lockAll([
    ['memberships', org],
    ['groups', org],
    ['group_members', org],
  ]);
}

/** @throws AppError `group_exists` where the directory, or the organization itself, has one of that name */
export async function insertGroup(keyring: Keyring, tx: Tx, group: Group): Promise<void> {
  await lockRights(tx, group.org);
  await refuseTwin(keyring, tx, group);
  const row = { ...toColumns(keyring, group), id: group.id, org_id: group.org, version: 1, created_at: group.createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, group.org), placeOf(row), toSealed(group));
  await tx.record('groups', group.id, sealed, group.org);
  await tx.sql
    .insertInto('groups')
    .values({ ...row, sealed })
    .execute();
}

/** By id, or by what a directory calls it. */
export async function findGroup(
  keyring: Keyring,
  tx: Tx,
  org: OrgId,
  by: { id: GroupId } | { connection: ConnectionId; externalId: string } | { connection: ConnectionId | undefined; name: string },
): Promise<Group | undefined> {
  let query = tx.sql.selectFrom('groups').selectAll().where('org_id', '=', org);
  if ('id' in by) query = query.where('id', '=', by.id);
  else {
    query = query.where('connection_id', by.connection ? '=' : 'is', by.connection ?? null);
    query =
      'externalId' in by
        ? query.where('external_index', '=', externalIndex(keyring, by.externalId))
        : query.where('name_index', '=', nameIndex(keyring, by.name));
  }
  return (await openRows(keyring, tx, org, await query.execute()))[0];
}

/** @throws AppError `not_found` */
export async function requireGroup(keyring: Keyring, tx: Tx, org: OrgId, id: GroupId): Promise<Group> {
  await lockRights(tx, org);
  const group = await findGroup(keyring, tx, org, { id });
  if (!group) throw new AppError('not_found');
  return group;
}

/** Oldest first; only those of one connection where it is given. */
export async function listGroups(keyring: Keyring, tx: Tx, org: OrgId, connection?: ConnectionId): Promise<Group[]> {
  let query = tx.sql.selectFrom('groups').selectAll().where('org_id', '=', org).orderBy('id');
  if (connection) query = query.where('connection_id', '=', connection);
  return openRows(keyring, tx, org, await query.execute());
}

/** Replaces what `changes` names. Roles that hang from it are for `recomputeRoles`. */
export async function changeGroup(
  keyring: Keyring,
  tx: Tx,
  group: Group,
  changes: Partial<Pick<Group, 'name' | 'externalId' | 'role'>>,
): Promise<Group> {
  const { id, org } = group;
  await lockRights(tx, org);
  const next = { ...group, ...changes };
  await refuseTwin(keyring, tx, next);
  const before = await tx.sql.selectFrom('groups').select('version').where('id', '=', id).executeTakeFirstOrThrow();
  const columns = { ...toColumns(keyring, next), version: before.version + 1 };
  const place = placeOf({ ...columns, id, org_id: org, created_at: next.createdAt });
  const sealed = sealValue(await keyring.organization(tx.keys, org), place, toSealed(next));
  await tx.record('groups', id, sealed, org);
  await tx.sql
    .updateTable('groups')
    .set({ ...columns, sealed })
    .where('id', '=', id)
    .execute();
  return next;
}

/** @returns who was in it: their roles are for `recomputeRoles` */
export async function deleteGroup(keyring: Keyring, tx: Tx, { id, org }: Group): Promise<UserId[]> {
  await lockRights(tx, org);
  const users = await listGroupMembers(keyring, tx, org, id);
  await removeGroupMembers(tx, org, id, users);
  await tx.record('groups', id, null, org);
  await tx.sql.deleteFrom('groups').where('id', '=', id).execute();
  return users;
}

export async function listGroupMembers(keyring: Keyring, tx: Tx, org: OrgId, group: GroupId): Promise<UserId[]> {
  const rows = await tx.sql
    .selectFrom('group_members')
    .selectAll()
    .where('org_id', '=', org)
    .where('group_id', '=', group)
    .orderBy('user_id')
    .execute();
  return (await openMembers(keyring, tx, org, rows)).map(({ user_id }) => user_id);
}

/** The groups of each of these people. */
export async function listGroupsOf(keyring: Keyring, tx: Tx, org: OrgId, users: readonly UserId[]): Promise<Map<UserId, GroupId[]>> {
  if (users.length === 0) return new Map();
  let query = tx.sql.selectFrom('group_members').selectAll().where('org_id', '=', org);
  if (users.length <= NAMED_AT_MOST) query = query.where('user_id', 'in', users);
  const wanted = new Set(users);
  const rows = (await query.execute()).filter(({ user_id }) => wanted.has(user_id));
  const of = new Map<UserId, GroupId[]>();
  for (const { user_id, group_id } of await openMembers(keyring, tx, org, rows)) of.set(user_id, [...(of.get(user_id) ?? []), group_id]);
  return of;
}

/** How many people are in each group. A number for lists, from rows that are not checked one by one. */
export async function countGroupMembers(tx: Tx, org: OrgId): Promise<Map<GroupId, number>> {
  const rows = await tx.sql
    .selectFrom('group_members')
    .select(({ fn }) => ['group_id', fn.countAll<string>().as('members')])
    .where('org_id', '=', org)
    .groupBy('group_id')
    .execute();
  return new Map(rows.map(({ group_id, members }) => [group_id, Number(members)]));
}

/** Adds members of the organization; who is in the group already stays. @returns whom it added */
export async function addGroupMembers(keyring: Keyring, tx: Tx, org: OrgId, group: GroupId, users: readonly UserId[]): Promise<UserId[]> {
  if (users.length === 0) return [];
  await lockRights(tx, org);
  const present = await tx.sql.selectFrom('group_members').select('user_id').where('group_id', '=', group).execute();
  let query = tx.sql.selectFrom('memberships').select('user_id').where('org_id', '=', org);
  if (users.length <= NAMED_AT_MOST) query = query.where('user_id', 'in', users);
  const members = await query.execute();
  const [inside, known] = [new Set(present.map(({ user_id }) => user_id)), new Set(members.map(({ user_id }) => user_id))];
  if (users.some((user) => !known.has(user))) throw new AppError('not_found');
  const added = [...new Set(users)].filter((user) => !inside.has(user));
  const key = await keyring.organization(tx.keys, org);
  const rows = added.map((user_id) => {
    const row = { id: memberId(group, user_id), org_id: org, group_id: group, user_id, version: 1 };
    return { ...row, sealed: sealValue(key, memberPlace(row), {}) };
  });
  for (const { id, sealed } of rows) await tx.record('group_members', id, sealed, org);
  for (let at = 0; at < rows.length; at += NAMED_AT_MOST)
    await tx.sql
      .insertInto('group_members')
      .values(rows.slice(at, at + NAMED_AT_MOST))
      .execute();
  return added;
}

/** Takes people out of a group; who is not in it is passed over. @returns whom it took out */
export async function removeGroupMembers(tx: Tx, org: OrgId, group: GroupId, users: readonly UserId[]): Promise<UserId[]> {
  if (users.length === 0) return [];
  await lockRights(tx, org);
  const leaving = new Set(users);
  const present = await tx.sql
    .selectFrom('group_members')
    .select(['id', 'user_id'])
    .where('org_id', '=', org)
    .where('group_id', '=', group)
    .execute();
  const rows = present.filter(({ user_id }) => leaving.has(user_id));
  await deleteMembers(tx, org, rows);
  return rows.map(({ user_id }) => user_id);
}

/** Makes `users` the members of a group. @returns all who came or went */
export async function setGroupMembers(keyring: Keyring, tx: Tx, org: OrgId, group: GroupId, users: readonly UserId[]): Promise<UserId[]> {
  await lockRights(tx, org);
  const wanted = new Set(users);
  const present = await listGroupMembers(keyring, tx, org, group);
  const gone = await removeGroupMembers(
    tx,
    org,
    group,
    present.filter((user) => !wanted.has(user)),
  );
  return [...gone, ...(await addGroupMembers(keyring, tx, org, group, users))];
}

/** Takes a person out of all groups of an organization; only those of one connection where it is given. */
export async function leaveGroups(tx: Tx, org: OrgId, user: UserId, connection?: ConnectionId): Promise<void> {
  await lockRights(tx, org);
  let query = tx.sql
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select('group_members.id')
    .where('group_members.org_id', '=', org)
    .where('group_members.user_id', '=', user);
  if (connection) query = query.where('groups.connection_id', '=', connection);
  await deleteMembers(tx, org, await query.execute());
}

async function deleteMembers(tx: Tx, org: OrgId, rows: readonly { id: string }[]): Promise<void> {
  for (const { id } of rows) await tx.record('group_members', id, null, org);
  const ids = rows.map(({ id }) => id);
  for (let at = 0; at < ids.length; at += NAMED_AT_MOST)
    await tx.sql
      .deleteFrom('group_members')
      .where('id', 'in', ids.slice(at, at + NAMED_AT_MOST))
      .execute();
}

async function refuseTwin(keyring: Keyring, tx: Tx, { id, org, connection, name, externalId }: Group): Promise<void> {
  const named = await findGroup(keyring, tx, org, { connection, name });
  const called = connection && externalId !== undefined ? await findGroup(keyring, tx, org, { connection, externalId }) : undefined;
  if ([named, called].some((twin) => twin && twin.id !== id)) throw new AppError('group_exists');
}

async function openRows(keyring: Keyring, tx: Tx, org: OrgId, rows: readonly Row[]): Promise<Group[]> {
  if (rows.length === 0) return [];
  const key = await keyring.organization(tx.keys, org);
  const groups: Group[] = [];
  for (const row of rows) {
    const content = openValue<Sealed>(key, placeOf(row), row.sealed);
    await tx.check('groups', row.id, row.sealed, org);
    groups.push({ id: row.id, org, connection: row.connection_id ?? undefined, createdAt: row.created_at, ...content });
  }
  return groups;
}

async function openMembers(keyring: Keyring, tx: Tx, org: OrgId, rows: readonly Tables['group_members'][]) {
  if (rows.length === 0) return rows;
  const key = await keyring.organization(tx.keys, org);
  for (const row of rows) {
    openValue(key, memberPlace(row), row.sealed);
    await tx.check('group_members', row.id, row.sealed, org);
  }
  return rows;
}

function memberId(group: GroupId, user: UserId): string {
  return `${group}.${user}`;
}

function toColumns(keyring: Keyring, { connection, name, externalId }: Group) {
  return {
    connection_id: connection ?? null,
    name_index: nameIndex(keyring, name),
    external_index: externalId === undefined ? null : externalIndex(keyring, externalId),
  };
}

function toSealed({ name, source, externalId, role }: Group): Sealed {
  return { name, source, externalId, role };
}

/** Names that differ in case or width only are one. */
function nameIndex(keyring: Keyring, name: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('group', name.normalize('NFKC').toLowerCase());
}

function externalIndex(keyring: Keyring, externalId: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('external-group', externalId);
}
