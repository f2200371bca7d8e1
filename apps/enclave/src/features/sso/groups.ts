/** The groups of a connection's map, and who is in them as the directory says at each sign-in. */
import {
  type ConnectionKind,
  type GroupId,
  type Provisioning,
  type Role,
  type UserId,
  type WorkspaceId,
  widest,
} from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import {
  type AccessEntry,
  addGroupMembers,
  changeGroup,
  changeMembership,
  type DirectorySource,
  deleteGroup,
  findAccess,
  type Group,
  insertGroup,
  listGroups,
  listGroupsOf,
  listMemberships,
  lockRights,
  recomputeRoles,
  removeGroupMembers,
  setAccess,
  setDefaultRole,
} from '../organizations/index.ts';
import { placeGroup } from './places.ts';
import type { StoredConnection } from './store.ts';

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;
type Tx = Transaction<Realm>;
const SOURCES: Readonly<Partial<Record<ConnectionKind, DirectorySource>>> = { ldap: 'ldap' };
type Roles = Map<string, Role | undefined>;
type Owner = Pick<StoredConnection, 'id' | 'org' | 'kind' | 'provisioning'>;

/**
 * Makes the groups that the map names, with the roles it gives, and lets go of those it names no more.
 * @param before what the connection gave until now
 */
export async function keepGroups(ports: Ports, tx: Tx, connection: Owner, before?: Provisioning): Promise<void> {
  const { org, id, kind, provisioning } = connection;
  await lockRights(tx, org);
  const roles = rolesOf(provisioning);
  const all = await listGroups(ports.keyring, tx, org, id);
  const own = all.filter(isOwn);
  const sent = all.filter((group) => !isOwn(group));
  await giveRoles(ports, tx, sent, roles, rolesOf(before ?? provisioning));
  // Names that differ in case are one here; the directory's own group has it then.
  const taken = new Set(sent.map(({ name }) => name.normalize('NFKC').toLowerCase()));
  const moved: UserId[] = [];
  for (const group of own) {
    const name = group.externalId ?? '';
    if (!roles.has(name)) moved.push(...(await deleteGroup(ports.keyring, tx, group)));
    else if (roles.get(name) !== group.role) await changeGroup(ports.keyring, tx, group, { role: roles.get(name) });
  }
  const known = new Set(own.map(({ externalId }) => externalId));
  for (const [name, role] of roles)
    if (!known.has(name) && !taken.has(name.normalize('NFKC').toLowerCase())) {
      await insertGroup(ports.keyring, tx, {
        id: ports.newId('group'),
        org,
        name,
        connection: id,
        source: SOURCES[kind] ?? 'sso',
        externalId: name,
        role,
        createdAt: ports.now(),
      });
    }
  await keepWorkspaces(ports, tx, connection, own, before);
  // Who is managed by the connection gets what the changed groups, or the changed default, give.
  await setDefaultRole(ports, tx, org, id, provisioning.role, before?.role);
  await recomputeRoles(ports, tx, org, moved);
  for (const group of sent) await placeGroup(ports, tx, group, group.name, provisioning, before ?? provisioning);
}

/** Groups that the directory sends by SCIM have the role of their name; one that an Admin gave stays. */
async function giveRoles({ keyring }: Ports, tx: Tx, sent: readonly Group[], roles: Roles, before: Roles): Promise<void> {
  for (const group of sent) {
    const role = roles.get(group.name);
    if (group.role === before.get(group.name) && role !== group.role) await changeGroup(keyring, tx, group, { role });
  }
}

/** Notes which of the map's groups the directory says a member is in, and gives the role that follows. */
export async function joinGroups(ports: Ports, tx: Tx, connection: Owner, user: UserId, names: readonly string[]): Promise<void> {
  const { keyring } = ports;
  const { org } = connection;
  await lockRights(tx, org);
  const wanted = new Set(names);
  const present = new Set<GroupId>((await listGroupsOf(keyring, tx, org, [user])).get(user));
  for (const { id, externalId = '' } of await listOwnGroups(ports, tx, connection)) {
    if (wanted.has(externalId) === present.has(id)) continue;
    if (wanted.has(externalId)) await addGroupMembers(keyring, tx, org, id, [user]);
    else await removeGroupMembers(tx, org, id, [user]);
  }
  await recomputeRoles(ports, tx, org, [user]);
}

/** Before a connection goes: its members stay as they are, kept by hand from then on. */
export async function releaseMembers(ports: Ports, tx: Tx, connection: Owner): Promise<void> {
  const { keyring } = ports;
  await lockRights(tx, connection.org);
  for (const membership of await listMemberships(keyring, tx, connection.org))
    if (membership.managed?.connection === connection.id)
      await changeMembership(keyring, tx, membership, { managed: undefined, source: 'manual' });
  for (const group of await listGroups(keyring, tx, connection.org, connection.id)) await deleteGroup(keyring, tx, group);
}

async function listOwnGroups({ keyring }: Ports, tx: Tx, { org, id }: Owner): Promise<Group[]> {
  return (await listGroups(keyring, tx, org, id)).filter(isOwn);
}

/** Puts the map's groups on the lists of the workspaces that it names, and takes them off those it named before. */
async function keepWorkspaces(ports: Ports, tx: Tx, connection: Owner, earlier: readonly Group[], before?: Provisioning): Promise<void> {
  const { org, provisioning } = connection;
  const named = [...workspacesOf(provisioning), ...(before ? workspacesOf(before) : [])];
  if (named.length === 0) return;
  await tx.lock('workspace_access', org);
  const own = await listOwnGroups(ports, tx, connection);
  const ids = new Set<string>([...earlier, ...own].map(({ id }) => id));
  for (const [workspace, access] of await findAccess(ports.keyring, tx, org, [...new Set(named)])) {
    const granted = own.flatMap(({ id, externalId }): AccessEntry[] => {
      const roles = provisioning.groups
        .filter(({ group }) => group === externalId)
        .flatMap(({ workspaces }) => workspaces.filter((one) => one.workspace === workspace).map(({ role }) => role));
      const role = widest(roles);
      return role ? [{ kind: 'group', id, role }] : [];
    });
    const others = access.entries.filter(({ id }) => !ids.has(id));
    if (granted.length > 0 || others.length < access.entries.length)
      await setAccess(ports.keyring, tx, org, workspace, { ...access, entries: [...others, ...granted] });
  }
}

function workspacesOf({ groups }: Provisioning): WorkspaceId[] {
  return groups.flatMap(({ workspaces }) => workspaces.map(({ workspace }) => workspace));
}

/** Not those that the directory keeps by SCIM: it says itself who is in them. */
function isOwn({ source }: Group): boolean {
  return source !== 'scim';
}

function rolesOf({ groups, admins }: Provisioning): Roles {
  const roles = new Map<string, Role | undefined>();
  for (const { group, role } of groups) {
    const given = [roles.get(group), role === 'admin' && !admins ? undefined : role].filter((one) => one !== undefined);
    roles.set(group, widest(given));
  }
  return roles;
}
