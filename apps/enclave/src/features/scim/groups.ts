/** Groups as a directory keeps them. What a group grants, an Admin says: here, or by its name in the map of the connection. */
import type { GroupId, Provisioning, Role, UserId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import {
  addGroupMembers,
  changeGroup,
  deleteGroup,
  findGroup,
  forgetInWorkspaces,
  type Group,
  insertGroup,
  listGroupMembers,
  lockRights,
  recomputeRoles,
  removeGroupMembers,
  setGroupMembers,
} from '../organizations/index.ts';
import { applyGroupMap, placeGroup } from '../sso/index.ts';
import { type EnvironmentTx, type Ports, present, requireVersion, type ScimCall, textOf } from './call.ts';
import { isComplex, type Resource, requireComplete, type Value } from './resource.ts';
import { TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import { filterScimUsers, type Tx } from './store.ts';

const TYPE = TYPES.Group;
const GROUP_ID = /^grp_[0-9a-z]{26}$/;
const USER_ID = /^usr_[0-9a-z]{26}$/;

export async function createGroup(ports: Ports, tx: EnvironmentTx, call: ScimCall, resource: Resource): Promise<Resource> {
  requireComplete(TYPE, resource);
  const { keyring, newId, now } = ports;
  const { org, connection } = call;
  await lockRights(tx, org);
  const name = String(resource.displayName);
  const group: Group = {
    id: newId('group'),
    org,
    connection,
    name,
    source: 'scim',
    externalId: textOf(resource.externalId),
    role: mappedRole(call, name),
    createdAt: now(),
  };
  const members = await requirePeople(tx, call, resource.members);
  const left = await takeOver(ports, tx, call, name);
  await unlessTaken(() => insertGroup(keyring, tx, group));
  await addGroupMembers(keyring, tx, org, group.id, members);
  await recomputeRoles(ports, tx, org, [...left, ...members]);
  await placeGroup(ports, tx, group, name, call.provisioning, call.provisioning);
  tx.audit('scim.group_created', group.id, { connection, members: members.length }, org);
  return presentGroup(ports, tx, call, group);
}

/**
 * A group that the connection's map made for what sign-ins say gives way to the one that the directory keeps itself.
 * @returns who was in it
 */
async function takeOver({ keyring }: Ports, tx: EnvironmentTx, { org, connection }: ScimCall, name: string): Promise<UserId[]> {
  const twin = await findGroup(keyring, tx, org, { connection, name });
  if (!twin || twin.source === 'scim') return [];
  const users = await deleteGroup(keyring, tx, twin);
  await forgetInWorkspaces(keyring, tx, org, twin.id);
  return users;
}

/** @throws ScimError 404 */
export async function requireDirectoryGroup({ keyring }: Ports, tx: Tx, { org, connection }: ScimCall, id: string): Promise<Group> {
  const group = GROUP_ID.test(id) ? await findGroup(keyring, tx, org, { id: id as GroupId }) : undefined;
  if (group?.connection !== connection) throw new ScimError(404, 'There is no such group in this directory.');
  return group;
}

export async function replaceGroup(
  ports: Ports,
  tx: EnvironmentTx,
  call: ScimCall,
  id: string,
  version: string | undefined,
  change: (before: Resource) => Resource,
): Promise<Resource> {
  const { keyring } = ports;
  const { org, connection } = call;
  await lockRights(tx, org);
  const before = await requireDirectoryGroup(ports, tx, call, id);
  const shown = await presentGroup(ports, tx, call, before);
  requireVersion(version, shown);
  const { schemas: _, meta: __, ...present } = shown;
  const resource = change(present);
  requireComplete(TYPE, resource);
  const group = await rename(ports, tx, call, before, resource);
  const users = await requirePeople(tx, call, resource.members);
  const moved = await setGroupMembers(keyring, tx, org, group.id, users);
  await recomputeRoles(ports, tx, org, group.role === before.role ? moved : [...new Set([...moved, ...users])]);
  if (group.name !== before.name) {
    await placeGroup(ports, tx, group, before.name, nothing(call), call.provisioning);
    await placeGroup(ports, tx, group, group.name, call.provisioning, nothing(call));
  }
  tx.audit('scim.group_changed', group.id, { connection, members: users.length, moved: moved.length }, org);
  return presentGroup(ports, tx, call, group);
}

/** Adds and removes members without reading the others: how directories keep large groups. */
export async function moveMembers(
  ports: Ports,
  tx: EnvironmentTx,
  call: ScimCall,
  id: string,
  moves: readonly { readonly op: 'add' | 'remove'; readonly users: readonly string[] }[],
): Promise<void> {
  const { keyring } = ports;
  const { org, connection } = call;
  await lockRights(tx, org);
  const group = await requireDirectoryGroup(ports, tx, call, id);
  const moved: UserId[] = [];
  for (const { op, users } of moves)
    moved.push(
      ...(op === 'add'
        ? await addGroupMembers(keyring, tx, org, group.id, await requireIds(tx, call, users))
        : await removeGroupMembers(tx, org, group.id, users as readonly UserId[])),
    );
  if (moved.length === 0) return;
  await recomputeRoles(ports, tx, org, moved);
  tx.audit('scim.group_changed', group.id, { connection, moved: moved.length }, org);
}

export async function removeGroup(ports: Ports, tx: EnvironmentTx, call: ScimCall, id: string, version: string | undefined): Promise<void> {
  const { org, connection } = call;
  await lockRights(tx, org);
  const group = await requireDirectoryGroup(ports, tx, call, id);
  if (version !== undefined) requireVersion(version, await presentGroup(ports, tx, call, group));
  const users = await deleteGroup(ports.keyring, tx, group);
  await recomputeRoles(ports, tx, org, users);
  await forgetInWorkspaces(ports.keyring, tx, org, group.id);
  tx.audit('scim.group_removed', group.id, { connection, members: users.length }, org);
}

async function rename({ keyring }: Ports, tx: Tx, call: ScimCall, group: Group, resource: Resource): Promise<Group> {
  const name = String(resource.displayName);
  const externalId = textOf(resource.externalId);
  if (name === group.name && externalId === group.externalId) return group;
  // A role that came with the old name goes with it; one that an Admin gave stays.
  const role = group.role === mappedRole(call, group.name) ? mappedRole(call, name) : group.role;
  return unlessTaken(() => changeGroup(keyring, tx, group, { name, externalId, role }));
}

/** The map of a connection that gives nothing. */
function nothing({ provisioning }: ScimCall): Provisioning {
  return { ...provisioning, groups: [] };
}

/** What the connection's map gives the members of a group of that name; Admin only where an Admin allowed it. */
function mappedRole({ provisioning }: ScimCall, name: string): Role | undefined {
  return applyGroupMap({ ...provisioning, onlyMapped: true }, [name]).role;
}

async function unlessTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'group_exists')
      throw new ScimError(409, 'A group of this directory has the same name or externalId.', 'uniqueness');
    throw error;
  }
}

async function requirePeople(tx: Tx, call: ScimCall, members: Value | undefined): Promise<UserId[]> {
  const given = Array.isArray(members) ? members : [];
  return requireIds(
    tx,
    call,
    given.map((one: Value) => (isComplex(one) ? textOf(one.value) : textOf(one)) ?? ''),
  );
}

/** @throws ScimError where one of them is no person of this directory, such as a group, or somebody of another organization */
async function requireIds(tx: Tx, call: ScimCall, ids: readonly string[]): Promise<UserId[]> {
  const users = [...new Set(ids)] as UserId[];
  const known = users.every((id) => USER_ID.test(id)) ? await filterScimUsers(tx, call, users) : new Set<UserId>();
  if (users.some((id) => !known.has(id)))
    throw new ScimError(
      400,
      'A member of a group is the id of a person of the same directory. Groups in groups are not taken.',
      'invalidValue',
    );
  return users;
}

/** @param members whether to read them: a list without them costs nothing for large groups */
export async function presentGroup({ keyring }: Ports, tx: Tx, call: ScimCall, group: Group, hasMembers = true): Promise<Resource> {
  const { id, org, name, externalId, createdAt } = group;
  const users = hasMembers ? await listGroupMembers(keyring, tx, org, id) : [];
  const members = users.map((user) => ({ value: user, $ref: `${call.base}/Users/${user}`, type: 'User' }));
  const content = {
    displayName: name,
    ...(externalId === undefined ? {} : { externalId }),
    ...(members.length ? { members } : {}),
  };
  return present(TYPE, call, id, content, { created: createdAt });
}
