import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from '../auth/change-role.fixture.ts';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

type Role = 'tier1' | 'tier2' | 'tier3' | 'tier4';

async function make({ client, org }: Person, role: Role, limits = {}) {
  const service = await client.serviceAccounts.create({ params: { org }, body: { name: 'Importer', role } });
  const body = { name: 'nightly', ...limits };
  const made = await client.serviceAccounts.createKey({ params: { org, service: service.id }, body });
  return { service, made, program: enclave.client(made.key) };
}

test('a program has an account of its own, with a role and keys, that outlasts the rights of whoever made it', async () => {
  const admin = await enclave.signUp();
  const { org, workspace } = admin;
  const { service, program } = await make(admin, 'tier1');
  await program.knowledge.create({ params: { org, workspace }, body: { name: 'By a program' } });
  await expect(program.members.list({ params: { org } })).rejects.toMatchObject({ code: 'not_allowed' });
  expect(await admin.client.serviceAccounts.list({ params: { org } })).toMatchObject([
    { id: service.id, name: 'Importer', role: 'tier1', keys: 1 },
  ]);
  await changeRole(enclave.context, admin, 'tier4');
  await program.knowledge.list({ params: { org, workspace } });
  await expect(admin.client.serviceAccounts.list({ params: { org } })).rejects.toMatchObject({ code: 'not_allowed' });
});

test('another role counts at once, and a key is never wider than it', async () => {
  const admin = await enclave.signUp();
  const { org, workspace } = admin;
  const { service, program } = await make(admin, 'tier1', { scopes: ['knowledge.edit', 'data.read'] });
  await program.knowledge.create({ params: { org, workspace }, body: { name: 'x' } });
  const params = { org, service: service.id };
  expect(await admin.client.serviceAccounts.change({ params, body: { name: 'Reader', role: 'tier4' } })).toMatchObject({
    name: 'Reader',
    role: 'tier4',
    keys: 1,
  });
  await expect(program.knowledge.create({ params: { org, workspace }, body: { name: 'y' } })).rejects.toMatchObject({
    code: 'not_allowed',
  });
  const wide = admin.client.serviceAccounts.createKey({ params, body: { name: 'wide', scopes: ['knowledge.edit'] } });
  await expect(wide).rejects.toMatchObject({ code: 'not_allowed' });
  const plain = admin.client.serviceAccounts.createKey({ params, body: { name: 'plain', plain: true } });
  await expect(plain).rejects.toMatchObject({ code: 'not_allowed' });
});

test('a program is no Admin, and no person is a service account', async () => {
  const admin = await enclave.signUp();
  const { org } = admin;
  const body = { name: 'Importer', role: 'admin' as Role };
  await expect(admin.client.serviceAccounts.create({ params: { org }, body })).rejects.toMatchObject({ code: 'bad_request' });
  const params = { org, service: admin.user };
  for (const call of [
    () => admin.client.serviceAccounts.change({ params, body: { role: 'tier4' } }),
    () => admin.client.serviceAccounts.remove({ params }),
    () => admin.client.serviceAccounts.createKey({ params, body: { name: 'k' } }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'not_found' });
});

test('deleted, nothing of it is left: its keys are nobody’s, and the log keeps what it did', async () => {
  const admin = await enclave.signUp();
  const { org, workspace } = admin;
  const { service, made, program } = await make(admin, 'tier2');
  await program.knowledge.list({ params: { org, workspace } });
  const params = { org, service: service.id };
  await admin.client.serviceAccounts.remove({ params });
  await expect(program.knowledge.list({ params: { org, workspace } })).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(admin.client.serviceAccounts.remove({ params })).rejects.toMatchObject({ code: 'not_found' });
  await expect(admin.client.serviceAccounts.createKey({ params, body: { name: 'k' } })).rejects.toMatchObject({ code: 'not_found' });
  expect(await admin.client.apiKeys.listAll({ params: { org } })).toEqual([]);
  for (const table of ['users', 'memberships', 'api_keys'])
    expect(
      await enclave.forge(`select from ${table} t where t::text like '%' || $1 || '%'`, [table === 'api_keys' ? made.id : service.id]),
    ).toEqual([]);
  const { items } = await admin.client.audit.list({ params: { org }, query: { action: 'service' } });
  expect(items.map(({ action }) => action)).toEqual(['service.deleted', 'service.created']);
});

test('a program in a group takes its place there along', async () => {
  const admin = await enclave.signUp();
  const { org } = admin;
  const { service } = await make(admin, 'tier2');
  const group = await admin.client.groups.create({ params: { org }, body: { name: 'Programs' } });
  await admin.client.groups.addMembers({ params: { org, group: group.id }, body: { users: [service.id] } });
  await admin.client.serviceAccounts.remove({ params: { org, service: service.id } });
  expect(await enclave.forge('select from group_members where user_id = $1', [service.id])).toEqual([]);
  expect(await admin.client.groups.list({ params: { org } })).toMatchObject([{ id: group.id, members: 0 }]);
});

test('members are people: a program is no row among them, and keeps its role to itself', async () => {
  const admin = await enclave.signUp();
  const { org } = admin;
  const { service } = await make(admin, 'tier2');
  expect(await admin.client.members.list({ params: { org } })).toMatchObject({ total: 1, items: [{ user: admin.user }] });
  const body = { role: 'admin' } as const;
  await expect(admin.client.members.change({ params: { org, member: service.id }, body })).rejects.toMatchObject({
    code: 'managed_elsewhere',
  });
  await expect(admin.client.members.remove({ params: { org, member: service.id } })).rejects.toMatchObject({ code: 'not_found' });
});

test('keys made while it is deleted are not left behind', async () => {
  const admin = await enclave.signUp();
  const { org } = admin;
  const { service } = await make(admin, 'tier2');
  const params = { org, service: service.id };
  const racing = Array.from({ length: 5 }, () => admin.client.serviceAccounts.createKey({ params, body: { name: 'late' } }));
  await Promise.allSettled([...racing, admin.client.serviceAccounts.remove({ params }), ...racing]);
  expect(await admin.client.apiKeys.listAll({ params: { org } })).toEqual([]);
});

test('neither its name nor its keys are stored in the clear', async () => {
  const admin = await enclave.signUp();
  await admin.client.serviceAccounts.create({ params: admin, body: { name: 'canary-importer', role: 'tier3' } });
  for (const table of ['users', 'memberships', 'audit_entries']) {
    const [row] = await enclave.forge<{ text: string }>(`select string_agg(t::text, ' ') as text from ${table} t`);
    expect(row?.text, table).not.toContain(Buffer.from('canary-importer').toString('hex'));
  }
});
