import type { ConnectionId, GrantId, OrgId, Role, UserId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { MembershipState, Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** Of the organization itself or, where people join and sign in, of the environment. */
type Tx = Transaction<Realm>;

/** Who keeps a membership: an Admin by hand, a directory, or an agency that sent the person. */
export type MembershipSource = 'manual' | 'scim' | 'sso' | 'ldap' | 'agency' | 'service';
export type DirectorySource = Exclude<MembershipSource, 'manual' | 'agency' | 'service'>;

interface Sealed {
  /** `manual` where it is absent. */
  readonly source?: MembershipSource | undefined;
  /** Set where a directory manages it: by which connection, and the role of people whom no group grants one. */
  readonly managed?: { readonly connection: ConnectionId; readonly fallback: Role } | undefined;
  /** Set where an agency sent the person. */
  readonly agency?: { readonly grant: GrantId; readonly org: OrgId } | undefined;
  /** Who suspended it: what an Admin suspended, a directory does not reactivate. */
  readonly suspendedBy?: 'admin' | 'directory' | undefined;
}

export interface Membership extends Omit<Sealed, 'source'> {
  readonly id: string;
  readonly org: OrgId;
  readonly user: UserId;
  readonly role: Role;
  readonly state: MembershipState;
  readonly source: MembershipSource;
  readonly createdAt: Date;
}

/** More ids than these are not named in a statement: all rows are read. */
export const NAMED_AT_MOST = 1_000;

type Row = Tables['memberships'];
type NewMembership = Pick<Membership, 'id' | 'org' | 'user' | 'role' | 'createdAt'> & Partial<Membership>;

function placeOf(row: Omit<Row, 'sealed'>): Place {
  const { org_id, id, version, user_id, role, state } = row;
  // Rows from before there were states say nothing of theirs.
  const clear = state === 'active' ? [user_id, role] : [user_id, role, state];
  return { table: 'memberships', realm: org_id, id, version, clear };
}

export async function insertMembership(keyring: Keyring, tx: Tx, membership: NewMembership): Promise<void> {
  const { id, org, user, role, state = 'active', createdAt } = membership;
  const row = { id, org_id: org, user_id: user, role, state, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), toSealed(membership));
  await tx.record('memberships', id, sealed, org);
  await tx.sql
    .insertInto('memberships')
    .values({ ...row, sealed })
    .execute();
}

/** The memberships of an organization, oldest first; only those of `users` where they are given. Each is checked. */
export async function listMemberships(keyring: Keyring, tx: Tx, org: OrgId, users?: readonly UserId[]): Promise<Membership[]> {
  if (users?.length === 0) return [];
  let query = tx.sql.selectFrom('memberships').selectAll().where('org_id', '=', org).orderBy('id');
  if (users && users.length <= NAMED_AT_MOST) query = query.where('user_id', 'in', users);
  const wanted = users && new Set(users);
  const rows = await query.execute();
  return openRows(keyring, tx, org, wanted ? rows.filter(({ user_id }) => wanted.has(user_id)) : rows);
}

/** Those of these ids, for lists. */
export async function listMembershipsById(keyring: Keyring, tx: Tx, org: OrgId, ids: readonly string[]): Promise<Membership[]> {
  let query = tx.sql.selectFrom('memberships').selectAll().where('org_id', '=', org);
  if (ids.length <= NAMED_AT_MOST) query = query.where('id', 'in', ids);
  const wanted = new Set(ids);
  return openRows(
    keyring,
    tx,
    org,
    (await query.execute()).filter(({ id }) => wanted.has(id)),
  );
}

export async function findMembership(keyring: Keyring, tx: Tx, org: OrgId, user: UserId): Promise<Membership | undefined> {
  return (await listMemberships(keyring, tx, org, [user]))[0];
}

/** @throws AppError `not_found` */
export async function requireMembership(keyring: Keyring, tx: Tx, org: OrgId, user: UserId): Promise<Membership> {
  await tx.lock('memberships', org);
  const membership = await findMembership(keyring, tx, org, user);
  if (!membership) throw new AppError('not_found');
  return membership;
}

/** Replaces what `changes` names. The table must be locked since before the membership was read. */
export async function changeMembership(
  keyring: Keyring,
  tx: Tx,
  membership: Membership,
  changes: Partial<Pick<Membership, 'role' | 'state' | 'source' | 'managed' | 'suspendedBy'>>,
): Promise<Membership> {
  const next = { ...membership, ...changes };
  const { id, org, user, role, state, createdAt } = next;
  const before = await tx.sql.selectFrom('memberships').select('version').where('id', '=', id).executeTakeFirstOrThrow();
  const row = { id, org_id: org, user_id: user, role, state, version: before.version + 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), toSealed(next));
  await tx.record('memberships', id, sealed, org);
  await tx.sql.updateTable('memberships').set({ role, state, version: row.version, sealed }).where('id', '=', id).execute();
  return next;
}

export async function deleteMembership(tx: Tx, { id, org }: Membership): Promise<void> {
  await tx.record('memberships', id, null, org);
  await tx.sql.deleteFrom('memberships').where('id', '=', id).execute();
}

/**
 * Refuses what would leave an organization without an Admin of its own. The table must be locked.
 * @throws AppError `last_admin`
 */
export async function requireOtherAdmin(keyring: Keyring, tx: Tx, { org, user }: Membership): Promise<void> {
  if (!(await hasOtherAdmin(keyring, tx, org, user))) throw new AppError('last_admin');
}

/** Whether somebody else is an Admin who can act. People of agencies do not count: a company stays its own. */
export async function hasOtherAdmin(keyring: Keyring, tx: Tx, org: OrgId, user: UserId): Promise<boolean> {
  const rows = await tx.sql
    .selectFrom('memberships')
    .selectAll()
    .where('org_id', '=', org)
    .where('role', '=', 'admin')
    .where('state', '=', 'active')
    .where('user_id', '!=', user)
    .execute();
  return (await openRows(keyring, tx, org, rows)).some(({ source }) => source !== 'agency');
}

/** Whether this is an Admin whose going could leave the organization without one. */
export function isActingAdmin({ role, state, source }: Membership): boolean {
  return role === 'admin' && state === 'active' && source !== 'agency';
}

/** Where the memberships of a person seem to be. Only a pointer: each membership is checked where it is used. */
export async function listOrganizationIds(tx: Transaction<'environment'>, user: UserId): Promise<OrgId[]> {
  const rows = await tx.sql.selectFrom('memberships').select('org_id').where('user_id', '=', user).orderBy('org_id').execute();
  return rows.map((row) => row.org_id);
}

async function openRows(keyring: Keyring, tx: Tx, org: OrgId, rows: readonly Row[]): Promise<Membership[]> {
  if (rows.length === 0) return [];
  const key = await keyring.organization(tx.keys, org);
  const memberships: Membership[] = [];
  for (const row of rows) {
    const { source = 'manual', ...rest } = openValue<Sealed>(key, placeOf(row), row.sealed);
    await tx.check('memberships', row.id, row.sealed, org);
    memberships.push({ id: row.id, org, user: row.user_id, role: row.role, state: row.state, source, createdAt: row.created_at, ...rest });
  }
  return memberships;
}

function toSealed({ source, managed, agency, suspendedBy }: Partial<Membership>): Sealed {
  return { ...(source === 'manual' ? {} : { source }), managed, agency, suspendedBy };
}
