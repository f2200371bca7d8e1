import { type ConnectionId, type GroupId, type OrgId, type Role, type UserId, widest } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { listGroups, listGroupsOf, lockRights } from './groups.ts';
import { changeMembership, hasOtherAdmin, isActingAdmin, listMemberships, type Membership } from './memberships.ts';

type Ports = Pick<Context, 'keyring'>;

/**
 * Gives the members whom a directory manages the best role that their groups grant, or else their connection's default.
 * Memberships that are kept by hand stay as they are, and the last Admin stays Admin. Call it after each change to groups, their
 * members or roles, in the same transaction. @returns whose role changed, with the new one
 */
export async function recomputeRoles(
  { keyring }: Ports,
  tx: Transaction<Realm>,
  org: OrgId,
  users: readonly UserId[],
): Promise<Map<UserId, Role>> {
  await lockRights(tx, org);
  const managed = (await listMemberships(keyring, tx, org, [...new Set(users)])).filter((one) => one.managed);
  const changed = new Map<UserId, Role>();
  if (managed.length === 0) return changed;
  const granted = new Map<GroupId, Role>();
  for (const { id, role } of await listGroups(keyring, tx, org)) if (role) granted.set(id, role);
  const groupsOf = await listGroupsOf(
    keyring,
    tx,
    org,
    managed.map(({ user }) => user),
  );
  for (const membership of managed) {
    const roles = (groupsOf.get(membership.user) ?? []).flatMap((group) => granted.get(group) ?? []);
    const role = widest(roles) ?? membership.managed?.fallback ?? membership.role;
    if (role === membership.role) continue;
    if (await isLastAdmin(keyring, tx, membership)) {
      tx.audit('member.role_kept', membership.user, { role: membership.role, granted: role }, org);
      continue;
    }
    await changeMembership(keyring, tx, membership, { role });
    tx.audit('member.role_changed', membership.user, { from: membership.role, to: role, source: membership.source }, org);
    changed.set(membership.user, role);
  }
  return changed;
}

/**
 * Sets the role of a connection's people whom no group grants one, and gives it to them.
 * @param before the role until now: who has another one of their own keeps it
 */
export async function setDefaultRole(
  ports: Ports,
  tx: Transaction<Realm>,
  org: OrgId,
  connection: ConnectionId,
  fallback: Role,
  before?: Role,
): Promise<void> {
  await lockRights(tx, org);
  const all = (await listMemberships(ports.keyring, tx, org)).filter((one) => one.managed?.connection === connection);
  const managed = before === undefined ? all : all.filter((one) => one.managed?.fallback === before);
  for (const membership of managed) await changeMembership(ports.keyring, tx, membership, { managed: { connection, fallback } });
  await recomputeRoles(
    ports,
    tx,
    org,
    all.map(({ user }) => user),
  );
}

async function isLastAdmin(keyring: Ports['keyring'], tx: Transaction<Realm>, membership: Membership): Promise<boolean> {
  return isActingAdmin(membership) && !(await hasOtherAdmin(keyring, tx, membership.org, membership.user));
}
