import type { InvitationId, OrgId, Role, UserId, WorkspaceId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, SealError, sealValue } from '../../keys/seal.ts';

/** Of the organization itself or, where people join and sign in, of the environment. */
export type Tx = Transaction<Realm>;

export interface Named<I> {
  readonly id: I;
  readonly name: string;
  readonly createdAt: Date;
}
export interface Invitation {
  readonly id: InvitationId;
  readonly org: OrgId;
  readonly email: string;
  readonly role: Role;
  /** Whether the link went to the address alone. */
  readonly mailed: boolean;
  readonly invitedBy: UserId | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** `mailed` and `invitedBy` are absent in invitations from before they were noted. */
interface SealedInvitation {
  readonly email: string;
  readonly mailed?: boolean;
  readonly invitedBy?: UserId | undefined;
}

type Row<T extends keyof Tables> = Omit<Tables[T], 'sealed'>;

const places = {
  organizations: (row: Row<'organizations'>): Place => ({
    table: 'organizations',
    realm: row.org_id,
    id: row.org_id,
    version: row.version,
  }),
  workspaces: (row: Row<'workspaces'>): Place => ({ table: 'workspaces', realm: row.org_id, id: row.id, version: row.version }),
  invitations: (row: Row<'invitations'>): Place => ({
    table: 'invitations',
    realm: row.org_id,
    id: row.id,
    version: row.version,
    clear: [row.role, Buffer.from(row.token_hash).toString('hex'), row.expires_at.toISOString()],
  }),
};

export async function insertOrganization(keyring: Keyring, tx: Tx, { id, name, createdAt }: Named<OrgId>): Promise<void> {
  const row = { org_id: id, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, id), places.organizations(row), { name });
  await tx.sql
    .insertInto('organizations')
    .values({ ...row, sealed })
    .execute();
}

export async function findOrganization(keyring: Keyring, tx: Tx, org: OrgId): Promise<Named<OrgId> | undefined> {
  const row = await tx.sql.selectFrom('organizations').selectAll().where('org_id', '=', org).executeTakeFirst();
  if (!row) return undefined;
  const { name } = openValue<{ name: string }>(await keyring.organization(tx.keys, org), places.organizations(row), row.sealed);
  return { id: org, name, createdAt: row.created_at };
}

export async function renameOrganization(keyring: Keyring, tx: Tx, org: OrgId, name: string): Promise<void> {
  const row = await tx.sql.selectFrom('organizations').selectAll().where('org_id', '=', org).forUpdate().executeTakeFirstOrThrow();
  const version = row.version + 1;
  const sealed = sealValue(await keyring.organization(tx.keys, org), places.organizations({ ...row, version }), { name });
  await tx.sql.updateTable('organizations').set({ version, sealed }).where('org_id', '=', org).execute();
}

export async function insertWorkspace(keyring: Keyring, tx: Tx, org: OrgId, { id, name, createdAt }: Named<WorkspaceId>): Promise<void> {
  const row = { id, org_id: org, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), places.workspaces(row), { name });
  await tx.sql
    .insertInto('workspaces')
    .values({ ...row, sealed })
    .execute();
}

/** The workspaces of an organization, oldest first; only `id` where it is given. */
export async function listWorkspaces(keyring: Keyring, tx: Tx, org: OrgId, id?: WorkspaceId): Promise<Named<WorkspaceId>[]> {
  let query = tx.sql.selectFrom('workspaces').selectAll().where('org_id', '=', org).orderBy('id');
  if (id) query = query.where('id', '=', id);
  const rows = await query.execute();
  if (rows.length === 0) return [];
  const key = await keyring.organization(tx.keys, org);
  return rows.map((row) => {
    const { name } = openValue<{ name: string }>(key, places.workspaces(row), row.sealed);
    return { id: row.id, name, createdAt: row.created_at };
  });
}

export async function renameWorkspace(keyring: Keyring, tx: Tx, org: OrgId, id: WorkspaceId, name: string): Promise<void> {
  const row = await tx.sql.selectFrom('workspaces').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  const version = row.version + 1;
  const sealed = sealValue(await keyring.organization(tx.keys, org), places.workspaces({ ...row, version }), { name });
  await tx.sql.updateTable('workspaces').set({ version, sealed }).where('id', '=', id).execute();
}

export async function insertInvitation(keyring: Keyring, tx: Transaction, invitation: Invitation, token: string): Promise<void> {
  const { id, org, email, mailed, invitedBy, role, createdAt, expiresAt } = invitation;
  const token_hash = keyring.blindIndex('invitation', token);
  const row = { id, org_id: org, role, token_hash, expires_at: expiresAt, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), places.invitations(row), {
    email,
    mailed,
    invitedBy,
  } satisfies SealedInvitation);
  await tx.record('invitations', id, sealed);
  await tx.sql
    .insertInto('invitations')
    .values({ ...row, sealed })
    .execute();
}

/** One that was changed from outside is left out, so that it hides no others; whoever uses it is refused. */
export async function listInvitations(keyring: Keyring, tx: Tx, org: OrgId): Promise<Invitation[]> {
  const rows = await tx.sql.selectFrom('invitations').selectAll().where('org_id', '=', org).orderBy('id').execute();
  const key = await keyring.organization(tx.keys, org);
  return rows.flatMap((row) => {
    try {
      return toInvitation(row, openValue<SealedInvitation>(key, places.invitations(row), row.sealed));
    } catch (error) {
      if (error instanceof SealError) return [];
      throw error;
    }
  });
}

/** The invitation of a token, with the table locked, so that it is accepted once. */
export async function findInvitation(keyring: Keyring, tx: Transaction<'environment'>, token: string): Promise<Invitation | undefined> {
  const find = () =>
    tx.sql.selectFrom('invitations').selectAll().where('token_hash', '=', keyring.blindIndex('invitation', token)).executeTakeFirst();
  const pointer = await find();
  if (!pointer) return undefined;
  const org = pointer.org_id;
  await tx.lock('invitations', org);
  const row = await find();
  if (row?.org_id !== org) return undefined;
  const content = openValue<SealedInvitation>(await keyring.organization(tx.keys, org), places.invitations(row), row.sealed);
  await tx.check('invitations', row.id, row.sealed, org);
  return toInvitation(row, content);
}

/** @returns whether it was there */
export async function deleteInvitation(tx: Tx, org: OrgId, id: InvitationId): Promise<boolean> {
  await tx.lock('invitations', org);
  const row = await tx.sql.selectFrom('invitations').select('id').where('org_id', '=', org).where('id', '=', id).executeTakeFirst();
  if (!row) return false;
  await tx.record('invitations', id, null, org);
  await tx.sql.deleteFrom('invitations').where('id', '=', id).execute();
  return true;
}

function toInvitation(row: Row<'invitations'>, { email, mailed = false, invitedBy }: SealedInvitation): Invitation {
  return { id: row.id, org: row.org_id, email, mailed, invitedBy, role: row.role, createdAt: row.created_at, expiresAt: row.expires_at };
}
