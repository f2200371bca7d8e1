// What other features may ask of organizations.
import type { OrgId, Role, UserId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { findMembership, insertMembership, listOrganizationIds, type Membership } from './memberships.ts';
import {
  deleteInvitation,
  findInvitation,
  findOrganization,
  insertOrganization,
  insertWorkspace,
  listInvitations,
  listWorkspaces,
} from './store.ts';

export * from './groups.ts';
export {
  changeMembership,
  type DirectorySource,
  deleteMembership,
  findMembership,
  insertMembership,
  isActingAdmin,
  listMemberships,
  type Membership,
  type MembershipSource,
  requireMembership,
  requireOtherAdmin,
} from './memberships.ts';
export { recomputeRoles, setDefaultRole } from './roles.ts';

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;
type EnvironmentTx = Transaction<'environment'>;

/** An organization as one of its members sees it. */
export interface Belonging {
  readonly id: OrgId;
  readonly name: string;
  readonly role: Role;
  readonly workspaces: { readonly id: WorkspaceId; readonly name: string }[];
}

/** Makes an organization with its key, a first workspace and its first Admin. */
export async function createOrganization({ keyring, now, newId }: Ports, tx: EnvironmentTx, name: string, admin: UserId): Promise<void> {
  const org = newId('org');
  const createdAt = now();
  await keyring.createOrganizationKey(tx.keys, org);
  await insertOrganization(keyring, tx, { id: org, name, createdAt });
  await insertWorkspace(keyring, tx, org, { id: newId('workspace'), name: 'General', createdAt });
  tx.audit('organization.created', org, {}, org);
  await addMember({ keyring, now, newId }, tx, { org, user: admin, role: 'admin', source: 'manual' });
}

/**
 * Uses an invitation up and makes the person a member.
 * @param person the account that accepts; its address must be the invited one
 * @throws AppError `link_invalid`, or `bad_request` where the person is another one or a member already
 */
export async function acceptInvitation(
  { keyring, now, newId }: Ports,
  tx: EnvironmentTx,
  token: string,
  person: { id: UserId; isAddress: (email: string) => boolean },
): Promise<void> {
  const invitation = await findInvitation(keyring, tx, token);
  if (!invitation || invitation.expiresAt <= now()) throw new AppError('link_invalid');
  const { org, role } = invitation;
  if (!person.isAddress(invitation.email))
    throw new AppError('bad_request', { problem: 'email: the invitation is for another address', field: 'email' });
  await tx.lock('memberships', org);
  if (await findMembership(keyring, tx, org, person.id))
    throw new AppError('bad_request', { problem: 'you are a member of this organization already' });
  await deleteInvitation(tx, org, invitation.id);
  await addMember({ keyring, now, newId }, tx, { org, user: person.id, role, source: 'manual' }, { invitation: invitation.id });
}

/**
 * Uses up the invitations of an address whose owner a directory vouches for. The table must be locked.
 * @returns whether one of them could still be accepted
 */
export async function takeInvitationsOf(
  { keyring, now }: Pick<Ports, 'keyring' | 'now'>,
  tx: EnvironmentTx,
  org: OrgId,
  isAddress: (email: string) => boolean,
): Promise<boolean> {
  const theirs = (await listInvitations(keyring, tx, org)).filter(({ email }) => isAddress(email));
  for (const { id } of theirs) await deleteInvitation(tx, org, id);
  return theirs.some(({ expiresAt }) => expiresAt > now());
}

/** Makes a person a member, who must not be one. @param facts what the audit log says besides the role */
export async function addMember(
  { keyring, now, newId }: Ports,
  tx: EnvironmentTx,
  member: Pick<Membership, 'org' | 'user' | 'role' | 'source'> & Partial<Pick<Membership, 'managed' | 'agency' | 'state' | 'suspendedBy'>>,
  facts: Readonly<Record<string, string>> = {},
): Promise<void> {
  await insertMembership(keyring, tx, { ...member, id: newId('membership'), createdAt: now() });
  tx.audit('member.joined', member.user, { role: member.role, ...facts }, member.org);
}

export async function isMember(keyring: Keyring, tx: EnvironmentTx, org: OrgId, user: UserId): Promise<boolean> {
  return (await findMembership(keyring, tx, org, user)) !== undefined;
}

/** The organizations of a person with roles and workspaces. One whose rows are refused is left out, and its Admin told. */
export async function listBelongings(db: Database, user: UserId): Promise<Belonging[]> {
  const ids = await db.transaction('environment', user, (tx) => listOrganizationIds(tx, user));
  const found = await Promise.all(ids.map((org) => findBelonging(db, user, org)));
  return found.filter((one) => one !== undefined);
}

export function findRole(db: Database, user: UserId, org: OrgId): Promise<Role | undefined> {
  return db.transaction(org, user, async (tx) => {
    const membership = await findMembership(db.keyring, tx, org, user);
    return membership?.state === 'active' ? membership.role : undefined;
  });
}

export function hasWorkspace(db: Database, org: OrgId, workspace: WorkspaceId): Promise<boolean> {
  return db.transaction(org, 'system', async (tx) => (await listWorkspaces(db.keyring, tx, org, workspace)).length > 0);
}

async function findBelonging(db: Database, user: UserId, org: OrgId): Promise<Belonging | undefined> {
  try {
    return await db.transaction(org, user, async (tx) => {
      const membership = await findMembership(db.keyring, tx, org, user);
      const organization = await findOrganization(db.keyring, tx, org);
      if (membership?.state !== 'active' || !organization) return undefined;
      const workspaces = await listWorkspaces(db.keyring, tx, org);
      return { id: org, name: organization.name, role: membership.role, workspaces: workspaces.map(({ id, name }) => ({ id, name })) };
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'integrity_failed') throw error;
    await db.audit(org, { action: 'refused.integrity_failed', actor: user, facts: error.details });
    return undefined;
  }
}
