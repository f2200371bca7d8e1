// What other features may ask of organizations.
import type { OrgId, Role, UserId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { OrganizationState } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { listGroupsOf } from './groups.ts';
import { findMembership, insertMembership, listOrganizationIds, type Membership } from './memberships.ts';
import { findState } from './states.ts';
import {
  deleteInvitation,
  findInvitation,
  findOrganization,
  type Invitation,
  insertOrganization,
  insertWorkspace,
  listInvitations,
  listWorkspaces,
} from './store.ts';
import { findAccess, roleIn } from './workspace-access.ts';

export {
  addGroupMembers,
  changeGroup,
  deleteGroup,
  findGroup,
  type Group,
  insertGroup,
  leaveGroups,
  listGroupMembers,
  listGroups,
  listGroupsOf,
  lockRights,
  removeGroupMembers,
  requireGroup,
  setGroupMembers,
} from './groups.ts';
export { changeRole, endMembership, reactivateMember, removeMember, suspendMember } from './members.ts';
export {
  changeMembership,
  type DirectorySource,
  deleteMembership,
  findMembership,
  insertMembership,
  isActingAdmin,
  listMemberships,
  listOrganizationIds,
  type Membership,
  type MembershipSource,
  requireMembership,
  requireOtherAdmin,
} from './memberships.ts';
export { recomputeRoles, setDefaultRole } from './roles.ts';
export { type AccessEntry, findAccess, forgetInWorkspaces, lockAccess, setAccess } from './workspace-access.ts';

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;
type EnvironmentTx = Transaction<'environment'>;

/** An organization as one of its members sees it. */
export interface Belonging {
  readonly id: OrgId;
  readonly name: string;
  readonly role: Role;
  readonly state: OrganizationState;
  /** Those the person may enter, with the role there. */
  readonly workspaces: { readonly id: WorkspaceId; readonly name: string; readonly role: Role }[];
}

/** Makes an organization with its key, a first workspace and its first Admin. */
export async function createOrganization({ keyring, now, newId }: Ports, tx: EnvironmentTx, name: string, admin: UserId): Promise<OrgId> {
  const org = newId('org');
  const createdAt = now();
  await keyring.createOrganizationKey(tx.keys, org);
  await insertOrganization(keyring, tx, { id: org, name, createdAt });
  await insertWorkspace(keyring, tx, org, { id: newId('workspace'), name: 'General', createdAt });
  tx.audit('organization.created', org, {}, org);
  await addMember({ keyring, now, newId }, tx, { org, user: admin, role: 'admin', source: 'manual' });
  return org;
}

/** An invitation that can still be accepted. @throws AppError `link_invalid` */
async function requireInvitation(
  { config, keyring, now }: Pick<Context, 'config' | 'keyring' | 'now'>,
  tx: EnvironmentTx,
  token: string,
): Promise<Invitation> {
  const invitation = await findInvitation(keyring, tx, token);
  if (!invitation || invitation.expiresAt <= now()) throw new AppError('link_invalid');
  // A link from before there was mail may be in anybody's hands.
  if (config.mail && !invitation.mailed) throw new AppError('link_invalid');
  if (await isClosedIn(keyring, tx, invitation.org)) throw new AppError('link_invalid');
  return invitation;
}

/** What an invitation is for, for whoever holds its link. @throws AppError `link_invalid` */
export async function describeInvitation(ports: Pick<Context, 'config' | 'keyring' | 'now'>, tx: EnvironmentTx, token: string) {
  const { org, role, invitedBy, expiresAt } = await requireInvitation(ports, tx, token);
  const organization = await findOrganization(ports.keyring, tx, org);
  if (!organization) throw new AppError('link_invalid');
  return { organization: organization.name, role, invitedBy, expiresAt: expiresAt.toISOString() };
}

/**
 * Uses an invitation up and makes the person a member.
 * @param person the account that accepts; its address must be the invited one
 * @returns whether the link went to that address alone, so that using it proves the address
 * @throws AppError `link_invalid`, or `bad_request` where the person is another one or a member already
 */
export async function acceptInvitation(
  { config, keyring, now, newId }: Ports & Pick<Context, 'config'>,
  tx: EnvironmentTx,
  token: string,
  person: { id: UserId; isAddress: (email: string) => boolean },
): Promise<boolean> {
  const invitation = await requireInvitation({ config, keyring, now }, tx, token);
  const { org, role } = invitation;
  if (!person.isAddress(invitation.email))
    throw new AppError('bad_request', { problem: 'email: the invitation is for another address', field: 'email' });
  await tx.lock('memberships', org);
  if (await findMembership(keyring, tx, org, person.id))
    throw new AppError('bad_request', { problem: 'you are a member of this organization already' });
  await deleteInvitation(tx, org, invitation.id);
  await addMember({ keyring, now, newId }, tx, { org, user: person.id, role, source: 'manual' }, { invitation: invitation.id });
  return invitation.mailed;
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

/**
 * The organizations of a person with roles and workspaces. One whose rows are refused is left out, and its Admin told.
 * @param orgs where that was looked up before
 */
export async function listBelongings(db: Database, user: UserId, orgs?: readonly OrgId[]): Promise<Belonging[]> {
  const ids = orgs ?? (await db.transaction('environment', user, (tx) => listOrganizationIds(tx, user)));
  const found = await Promise.all(ids.map((org) => findBelonging(db, user, org)));
  return found.filter((one) => one !== undefined);
}

/**
 * What a person is in an organization, or in a workspace of it; undefined where that is nothing, or suspended. Who was sent by an
 * agency is what the client said for as long as the agency has that person.
 */
export async function findRole(db: Database, user: UserId, org: OrgId, workspace?: WorkspaceId): Promise<Role | undefined> {
  const found = await db.transaction(org, user, async (tx) => {
    const membership = await findMembership(db.keyring, tx, org, user);
    if (membership?.state !== 'active') return undefined;
    const [role] = workspace ? await rolesIn(db.keyring, tx, membership, [workspace]) : [membership.role];
    return { role, agency: membership.agency?.org };
  });
  return found && (!found.agency || (await worksFor(db, user, found.agency))) ? found.role : undefined;
}

/** Whether a person's membership, which there is, was suspended. */
export function isSuspended(db: Database, user: UserId, org: OrgId): Promise<boolean> {
  return db.transaction(org, user, async (tx) => (await findMembership(db.keyring, tx, org, user))?.state === 'suspended');
}

/** Whether an organization is suspended or about to be deleted, so that nothing runs in it. */
export function isClosed(db: Database, org: OrgId): Promise<boolean> {
  return db.transaction(org, 'system', (tx) => isClosedIn(db.keyring, tx, org));
}

/** The same inside a transaction of the organization or the environment. */
export async function isClosedIn(keyring: Keyring, tx: Transaction | EnvironmentTx, org: OrgId): Promise<boolean> {
  return (await findState(keyring, tx, org)).state !== 'active';
}

export function hasWorkspace(db: Database, org: OrgId, workspace: WorkspaceId): Promise<boolean> {
  return db.transaction(org, 'system', async (tx) => (await listWorkspaces(db.keyring, tx, org, workspace)).length > 0);
}

/** What somebody is in each of these workspaces. */
export async function rolesIn(
  keyring: Keyring,
  tx: Transaction,
  { org, user, role }: Pick<Membership, 'org' | 'user' | 'role'>,
  workspaces: readonly WorkspaceId[],
): Promise<(Role | undefined)[]> {
  const access = await findAccess(keyring, tx, org, workspaces);
  const named = [...access.values()].some(({ entries }) => entries.some(({ kind }) => kind === 'group'));
  const groups = named ? ((await listGroupsOf(keyring, tx, org, [user])).get(user) ?? []) : [];
  return workspaces.map((workspace) => {
    const found = access.get(workspace);
    return found && roleIn(found, role, user, groups);
  });
}

/** Whether somebody still is of the agency, which still is in business. */
async function worksFor(db: Database, user: UserId, agency: OrgId): Promise<boolean> {
  const isActive = await db.transaction(agency, user, async (tx) => {
    const membership = await findMembership(db.keyring, tx, agency, user);
    // Not through another agency.
    return membership?.state === 'active' && !membership.agency;
  });
  return isActive && !(await isClosed(db, agency));
}

async function findBelonging(db: Database, user: UserId, org: OrgId): Promise<Belonging | undefined> {
  const { keyring } = db;
  try {
    const found = await db.transaction(org, user, async (tx) => {
      // Side by side, so that they go to the database together.
      const [membership, organization, { state }, workspaces] = await Promise.all([
        findMembership(keyring, tx, org, user),
        findOrganization(keyring, tx, org),
        findState(keyring, tx, org),
        listWorkspaces(keyring, tx, org),
      ]);
      if (membership?.state !== 'active' || !organization) return undefined;
      const roles = await rolesIn(
        keyring,
        tx,
        membership,
        workspaces.map(({ id }) => id),
      );
      const open = workspaces.flatMap(({ id, name }, index) => {
        const role = roles[index];
        return role ? [{ id, name, role }] : [];
      });
      return {
        agency: membership.agency?.org,
        belonging: { id: org, name: organization.name, role: membership.role, state, workspaces: open },
      };
    });
    return found && (!found.agency || (await worksFor(db, user, found.agency))) ? found.belonging : undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'integrity_failed') throw error;
    await db.audit(org, { action: 'refused.integrity_failed', actor: user, facts: error.details }).catch(() => undefined);
    return undefined;
  }
}
