// What becomes of members: it holds the rules, whoever asks.
import { narrower, type OrgId, type Role, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { changeGrant, findGrant } from './agency-grants.ts';
import { leaveGroups, lockRights } from './groups.ts';
import {
  changeMembership,
  deleteMembership,
  findMembership,
  isActingAdmin,
  type Membership,
  requireMembership,
  requireOtherAdmin,
} from './memberships.ts';
import { forgetInWorkspaces } from './workspace-access.ts';

type Ports = Pick<Context, 'keyring'>;
type Tx = Transaction<Realm>;

/** Nobody gives more than they have. @throws AppError `not_allowed` */
export function requireAtMost(role: Role, own: Role): void {
  if (narrower(role, own) !== role) throw new AppError('not_allowed', { allows: `give the role ${role}` });
}

/** Changes the role of a member whom Admins keep by hand. @throws AppError `not_found`, `last_admin`, `managed_elsewhere` */
export async function changeRole({ keyring }: Ports, tx: Tx, org: OrgId, user: UserId, role: Role): Promise<Membership> {
  const membership = await requireMembership(keyring, tx, org, user);
  if (membership.role === role) return membership;
  if (membership.managed || membership.agency || membership.source === 'service') throw new AppError('managed_elsewhere');
  if (isActingAdmin(membership)) await requireOtherAdmin(keyring, tx, membership);
  tx.audit('member.role_changed', user, { from: membership.role, to: role, source: 'manual' }, org);
  return changeMembership(keyring, tx, membership, { role });
}

/** @param by what an Admin suspended, a directory does not reactivate. @throws AppError `not_found`, `last_admin` */
export async function suspendMember({ keyring }: Ports, tx: Tx, org: OrgId, user: UserId, by: 'admin' | 'directory'): Promise<Membership> {
  const membership = await requireMembership(keyring, tx, org, user);
  if (membership.state === 'suspended' && (by === 'directory' || membership.suspendedBy === 'admin')) return membership;
  if (isActingAdmin(membership)) await requireOtherAdmin(keyring, tx, membership);
  tx.audit('member.suspended', user, { by }, org);
  return changeMembership(keyring, tx, membership, { state: 'suspended', suspendedBy: by });
}

/** @throws AppError `not_found`; `managed_elsewhere` where a directory would lift what an Admin did */
export async function reactivateMember(
  { keyring }: Ports,
  tx: Tx,
  org: OrgId,
  user: UserId,
  by: 'admin' | 'directory',
): Promise<Membership> {
  const membership = await requireMembership(keyring, tx, org, user);
  if (membership.state === 'active') return membership;
  if (by === 'directory' && membership.suspendedBy === 'admin') throw new AppError('managed_elsewhere');
  tx.audit('member.reactivated', user, { by }, org);
  return changeMembership(keyring, tx, membership, { state: 'active', suspendedBy: undefined });
}

/** Ends a membership with all that hangs from it here; the account stays. @throws AppError `not_found`, `last_admin` */
export async function removeMember({ keyring }: Ports, tx: Tx, org: OrgId, user: UserId): Promise<Membership> {
  // Of an agency's people the consent lists who they are, and it is locked before memberships are.
  if ((await findMembership(keyring, tx, org, user))?.agency) await tx.lock('agency_grants', org);
  const membership = await requireMembership(keyring, tx, org, user);
  // A program's account goes with its user.
  if (membership.source === 'service') throw new AppError('not_found');
  if (isActingAdmin(membership)) await requireOtherAdmin(keyring, tx, membership);
  await endMembership({ keyring }, tx, membership);
  const grant = membership.agency && (await findGrant(keyring, tx, { id: membership.agency.grant }));
  if (grant) await changeGrant(keyring, tx, grant, { people: grant.people.filter((one) => one !== user) });
  return membership;
}

/** Ends a membership, which was locked, with the places that it gave in groups and workspaces. */
export async function endMembership({ keyring }: Ports, tx: Tx, membership: Membership): Promise<void> {
  const { org, user } = membership;
  await lockRights(tx, org);
  await leaveGroups(tx, org, user);
  await forgetInWorkspaces(keyring, tx, org, user);
  await deleteMembership(tx, membership);
}
