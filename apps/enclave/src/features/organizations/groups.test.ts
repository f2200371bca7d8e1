import type { ConnectionId, GroupId, OrgId, Role, UserId } from '@privexbot/contract';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../db/database.ts';
import {
  addGroupMembers,
  changeGroup,
  deleteGroup,
  findGroup,
  type Group,
  insertGroup,
  leaveGroups,
  listGroupMembers,
  listGroups,
  removeGroupMembers,
  setGroupMembers,
} from './groups.ts';
import { changeMembership, findMembership, insertMembership } from './memberships.ts';
import { recomputeRoles, setDefaultRole } from './roles.ts';

const CONNECTION = 'con_01jd0000000000000000000000' as ConnectionId;

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

const inOrg = <T>({ org }: { org: OrgId }, fn: (tx: Transaction) => Promise<T>) => enclave.context.db.transaction(org, 'test', fn);

async function addGroup(at: Person, name: string, role?: Role, more: Partial<Group> = {}): Promise<GroupId> {
  const { keyring, newId, now } = enclave.context;
  const id = newId('group');
  const group: Group = { id, org: at.org, name, source: 'scim', connection: CONNECTION, role, createdAt: now(), ...more };
  await inOrg(at, (tx) => insertGroup(keyring, tx, group));
  return id;
}

/** Somebody whom a directory brought. */
async function addManaged(at: Person, fallback: Role): Promise<UserId> {
  const { user } = await enclave.signUp();
  const { keyring, newId, now } = enclave.context;
  const membership = { id: newId('membership'), org: at.org, user, role: fallback, createdAt: now() };
  await inOrg(at, (tx) => insertMembership(keyring, tx, { ...membership, source: 'scim', managed: { connection: CONNECTION, fallback } }));
  return user;
}

async function roleOf(at: Person, user: UserId): Promise<Role | undefined> {
  return (await inOrg(at, (tx) => findMembership(enclave.context.keyring, tx, at.org, user)))?.role;
}

/** Adds people to a group and recomputes, as directories do. */
async function put(at: Person, group: GroupId, ...users: UserId[]): Promise<void> {
  await inOrg(at, async (tx) => {
    await addGroupMembers(enclave.context.keyring, tx, at.org, group, users);
    await recomputeRoles(enclave.context, tx, at.org, users);
  });
}

test('a person of a directory has the best role that the groups grant, and without one the default', async () => {
  const { keyring } = enclave.context;
  const admin = await enclave.signUp();
  const [readers, builders, plain] = [
    await addGroup(admin, 'Readers', 'tier3'),
    await addGroup(admin, 'Builders', 'tier1'),
    await addGroup(admin, 'Plain'),
  ];
  const user = await addManaged(admin, 'tier4');
  await put(admin, plain, user);
  expect(await roleOf(admin, user)).toBe('tier4');
  await put(admin, readers, user);
  expect(await roleOf(admin, user)).toBe('tier3');
  await put(admin, builders, user);
  expect(await roleOf(admin, user)).toBe('tier1');

  await inOrg(admin, async (tx) => {
    await removeGroupMembers(tx, admin.org, builders, [user]);
    await recomputeRoles(enclave.context, tx, admin.org, [user]);
  });
  expect(await roleOf(admin, user)).toBe('tier3');
  await inOrg(admin, async (tx) => {
    const group = await findGroup(keyring, tx, admin.org, { connection: CONNECTION, name: 'readers' });
    if (!group) throw new Error('names that differ in case are one');
    await changeGroup(keyring, tx, group, { role: 'tier2' });
    await recomputeRoles(enclave.context, tx, admin.org, await listGroupMembers(keyring, tx, admin.org, readers));
  });
  expect(await roleOf(admin, user)).toBe('tier2');
  await inOrg(admin, async (tx) => {
    const group = await findGroup(keyring, tx, admin.org, { id: readers });
    if (group) await recomputeRoles(enclave.context, tx, admin.org, await deleteGroup(keyring, tx, group));
  });
  expect(await roleOf(admin, user)).toBe('tier4');
  await inOrg(admin, (tx) => setDefaultRole(enclave.context, tx, admin.org, CONNECTION, 'tier3'));
  expect(await roleOf(admin, user)).toBe('tier3');

  const { items } = await admin.client.audit.list({ params: admin, query: { action: 'member.role_changed' } });
  expect(items[0]).toMatchObject({ target: user, facts: { from: 'tier4', to: 'tier3', source: 'scim' } });
});

test('memberships that are kept by hand stay as they are', async () => {
  const admin = await enclave.signUp();
  const group = await addGroup(admin, 'Everybody', 'tier4');
  await put(admin, group, admin.user);
  expect(await roleOf(admin, admin.user)).toBe('admin');
});

test('the last Admin stays Admin, whatever a directory says', async () => {
  const { keyring } = enclave.context;
  const admin = await enclave.signUp();
  const admins = await addGroup(admin, 'Admins', 'admin');
  const user = await addManaged(admin, 'tier4');
  await put(admin, admins, user);
  await inOrg(admin, async (tx) => {
    const own = await findMembership(keyring, tx, admin.org, admin.user);
    await tx.lock('memberships');
    if (own) await changeMembership(keyring, tx, own, { role: 'tier2' });
  });
  await inOrg(admin, async (tx) => {
    await leaveGroups(tx, admin.org, user, CONNECTION);
    await recomputeRoles(enclave.context, tx, admin.org, [user]);
  });
  expect(await roleOf(admin, user)).toBe('admin');
});

test('members of a group are set, each once, and only people of the organization', async () => {
  const { keyring } = enclave.context;
  const [admin, stranger] = [await enclave.signUp(), await enclave.signUp()];
  const group = await addGroup(admin, 'Team');
  const [one, two, three] = [await addManaged(admin, 'tier4'), await addManaged(admin, 'tier4'), await addManaged(admin, 'tier4')];
  const set = (...users: UserId[]) => inOrg(admin, (tx) => setGroupMembers(keyring, tx, admin.org, group, users));
  const members = () => inOrg(admin, (tx) => listGroupMembers(keyring, tx, admin.org, group));
  await set(one, two, two);
  expect(await members()).toEqual([one, two].sort());
  expect((await set(two, three)).sort()).toEqual([one, three].sort());
  expect(await members()).toEqual([two, three].sort());
  await expect(set(stranger.user)).rejects.toMatchObject({ code: 'not_found' });
  expect(await members()).toEqual([two, three].sort());
});

test('two groups of one directory have two names and two ids; another directory may use them too', async () => {
  const admin = await enclave.signUp();
  await addGroup(admin, 'Sales', undefined, { externalId: 'cn=sales' });
  await expect(addGroup(admin, 'SALES')).rejects.toMatchObject({ code: 'group_exists' });
  await expect(addGroup(admin, 'Other', undefined, { externalId: 'cn=sales' })).rejects.toMatchObject({ code: 'group_exists' });
  await addGroup(admin, 'Sales', undefined, { connection: undefined, source: 'manual' });
  await expect(addGroup(admin, 'sales', undefined, { connection: undefined, source: 'manual' })).rejects.toMatchObject({
    code: 'group_exists',
  });
  await addGroup(admin, 'Sales', undefined, { connection: CONNECTION.replace(/.$/, '1') as ConnectionId, externalId: 'cn=sales' });
  expect(await inOrg(admin, (tx) => listGroups(enclave.context.keyring, tx, admin.org))).toHaveLength(3);
});

test('a group that was raised, filled or set back from outside is refused', async () => {
  const admin = await enclave.signUp();
  const admins = await addGroup(admin, 'Admins', 'admin');
  const readers = await addGroup(admin, 'Readers', 'tier4');
  const user = await addManaged(admin, 'tier4');
  await put(admin, readers, user);
  const recompute = () => inOrg(admin, (tx) => recomputeRoles(enclave.context, tx, admin.org, [user]));

  await enclave.forge(
    `update groups set sealed = (select sealed from groups where id = $1), name_index = decode(md5('x'), 'hex') where id = $2`,
    [admins, readers],
  );
  await expect(recompute()).rejects.toMatchObject({ code: 'integrity_failed' });
  await enclave.forge('delete from groups where id = $1', [readers]);
  await recompute();
  expect(await roleOf(admin, user)).toBe('tier4');

  await put(admin, admins);
  const other = await addManaged(admin, 'tier4');
  await put(admin, await addGroup(admin, 'More'), other);
  await enclave.forge('update group_members set group_id = $1 where user_id = $2', [admins, other]);
  await expect(inOrg(admin, (tx) => recomputeRoles(enclave.context, tx, admin.org, [other]))).rejects.toMatchObject({
    code: 'integrity_failed',
  });
});
