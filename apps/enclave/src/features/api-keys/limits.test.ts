import { createClient } from '@privexbot/sdk';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from '../auth/change-role.fixture.ts';

const DAY = 24 * 60 * 60_000;
let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

const inDays = (days: number) => new Date(enclave.context.now().getTime() + days * DAY).toISOString();

test('a key does what it was made for and nothing else of what its maker may; attempts are audited', async () => {
  const { client, org, workspace } = await enclave.signUp();
  const made = await client.apiKeys.create({ params: { org }, body: { name: 'reader', scopes: ['data.read'] } });
  expect(made.scopes).toEqual(['data.read']);
  const program = enclave.client(made.key);
  expect(await program.knowledge.list({ params: { org, workspace } })).toEqual([]);
  for (const call of [
    () => program.organizations.rename({ params: { org }, body: { name: 'Renamed' } }),
    () => program.knowledge.create({ params: { org, workspace }, body: { name: 'x' } }),
    () => program.apiKeys.create({ params: { org }, body: { name: 'x' } }),
    () => program.audit.list({ params: { org } }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'key_scope', status: 403 });
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.key_scope' } });
  expect(items.map(({ actor }) => actor)).toEqual(Array(4).fill('reader'));
});

test('permissions that are asked for inside an endpoint are those of the key too', async () => {
  const { client, org, workspace } = await enclave.signUp();
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Handbook' } });
  const params = { org, workspace, knowledge };
  const body = { source: 'paste', title: 'Leave', text: 'Thirty days.' } as const;
  const { link } = await client.organizations.invite({ params: { org }, body: { email: 'adds@example.com', role: 'tier2' } });
  const second = await enclave.signUp({ email: 'adds@example.com', invitation: link.split('#')[1] ?? '' });
  const { id: document } = await second.client.knowledge.add({ params, body });
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'adds', scopes: ['documents.add', 'data.read'] } });
  const program = enclave.client(key);
  // Its maker may delete others' documents.
  await expect(program.knowledge.deleteDocument({ params: { ...params, document } })).rejects.toMatchObject({ code: 'not_allowed' });
  await expect(program.uploads.start({ params: { org }, body: { name: 'm.gguf', sizeBytes: 3, purpose: 'model' } })).rejects.toMatchObject({
    code: 'not_allowed',
  });
});

test('scopes add nothing: what the maker loses, the key loses', async () => {
  const admin = await enclave.signUp();
  const { key } = await admin.client.apiKeys.create({ params: admin, body: { name: 'k', scopes: ['people.manage', 'data.read'] } });
  const program = enclave.client(key);
  await program.members.list({ params: admin });
  await changeRole(enclave.context, admin, 'tier1');
  await expect(program.members.list({ params: admin })).rejects.toMatchObject({ code: 'not_allowed' });
  const wide = admin.client.apiKeys.create({ params: admin, body: { name: 'wide', scopes: ['people.manage'] } });
  await expect(wide).rejects.toMatchObject({ code: 'not_allowed' });
});

test('a key ends at its time', async () => {
  const { client, org, prove } = await enclave.signUp();
  const { key, expiresAt } = await client.apiKeys.create({ params: { org }, body: { name: 'short', expiresAt: inDays(1) } });
  expect(expiresAt).toBeDefined();
  const program = enclave.client(key);
  await program.organizations.get({ params: { org } });
  enclave.advance(DAY + 1_000);
  await expect(program.organizations.get({ params: { org } })).rejects.toMatchObject({ code: 'not_signed_in' });
  await prove();
  const over = client.apiKeys.create({ params: { org }, body: { name: 'over', expiresAt: inDays(-1) } });
  await expect(over).rejects.toMatchObject({ code: 'bad_request', details: { field: 'expiresAt' } });
});

test('a key is taken from its networks only', async () => {
  const { client, org } = await enclave.signUp();
  const make = (networks: string[]) => client.apiKeys.create({ params: { org }, body: { name: networks.join(), networks } });
  const here = await make(['10.0.0.0/8', '2001:db8::/32']);
  const elsewhere = await make(['203.0.113.7']);
  await enclave.client(here.key).organizations.get({ params: { org } });
  await expect(enclave.client(elsewhere.key).organizations.get({ params: { org } })).rejects.toMatchObject({ code: 'key_network' });
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.key_network' } });
  expect(items).toHaveLength(1);
  for (const network of ['10.0.0.0/33', '10.0.0', 'example.com', '::/129', '10.0.0.1/8 '])
    await expect(make([network]), network).rejects.toMatchObject({ code: 'bad_request' });
});

test('a key makes no key that is wider than itself', async () => {
  const { client, org } = await enclave.signUp();
  const limits = { scopes: ['keys.own', 'data.read'] as const, networks: ['10.0.0.0/8'], expiresAt: inDays(10) };
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'maker', ...limits, scopes: [...limits.scopes] } });
  const program = enclave.client(key);
  const make = (body: object) => program.apiKeys.create({ params: { org }, body: { name: 'made', ...body } });
  const inherited = await make({});
  expect(inherited).toMatchObject({ scopes: ['keys.own', 'data.read'], networks: ['10.0.0.0/8'], expiresAt: limits.expiresAt });
  expect(await make({ scopes: ['data.read'], networks: ['10.1.0.0/16'], expiresAt: inDays(5) })).toMatchObject({ scopes: ['data.read'] });
  for (const [field, body] of [
    ['networks', { networks: ['0.0.0.0/0'] }],
    ['networks', { networks: [] }],
    ['networks', { networks: ['10.0.0.0/8', '11.0.0.0/8'] }],
    ['expiresAt', { expiresAt: inDays(11) }],
  ] as const)
    await expect(make(body)).rejects.toMatchObject({ code: 'key_wider', details: { field } });
  await expect(make({ scopes: ['data.read', 'people.manage'] })).rejects.toMatchObject({
    code: expect.stringMatching(/key_wider|not_allowed/),
  });
  await expect(make({ plain: true })).rejects.toMatchObject({ code: 'not_allowed' });
});

test('a list says when each key was last used and from where, kept once a minute', async () => {
  const { client, org } = await enclave.signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'used' } });
  const lastUsed = async () => (await client.apiKeys.list({ params: { org } }))[0]?.lastUsed;
  expect(await lastUsed()).toBeUndefined();
  const program = createClient(enclave.transport(key));
  await program.organizations.get({ params: { org } });
  const first = await until(lastUsed, (use) => use !== undefined);
  expect(first?.address).toMatch(/^10\.0\./);
  enclave.advance(30_000);
  await program.organizations.get({ params: { org } });
  expect(await lastUsed()).toEqual(first);
  enclave.advance(31_000);
  await program.organizations.get({ params: { org } });
  await until(lastUsed, (use) => use?.at !== first?.at);
  const [row] = await enclave.forge<{ text: string }>(`select string_agg(t::text, ' ') as text from api_key_uses t`);
  expect(row?.text).not.toContain(first?.address);
});

test('Admins list and revoke the keys of everybody; others do not', async () => {
  const admin = await enclave.signUp();
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: 'keys@example.com', role: 'tier1' } });
  const second = await enclave.signUp({ email: 'keys@example.com', invitation: link.split('#')[1] ?? '' });
  const theirs = await second.client.apiKeys.create({ params: admin, body: { name: 'of the second' } });
  const mine = await admin.client.apiKeys.create({ params: admin, body: { name: 'of the Admin' } });
  const all = await admin.client.apiKeys.listAll({ params: admin });
  expect(all.map(({ name, userName }) => [name, userName])).toEqual([
    ['of the second', 'keys'],
    ['of the Admin', admin.email.split('@')[0]],
  ]);
  await expect(second.client.apiKeys.listAll({ params: admin })).rejects.toMatchObject({ code: 'not_allowed' });
  const refused = second.client.apiKeys.revokeAny({ params: { org: admin.org, key: mine.id } });
  await expect(refused).rejects.toMatchObject({ code: 'not_allowed' });
  await admin.client.apiKeys.revokeAny({ params: { org: admin.org, key: theirs.id } });
  await expect(enclave.client(theirs.key).organizations.get({ params: admin })).rejects.toMatchObject({ code: 'not_signed_in' });
  const { items } = await admin.client.audit.list({ params: admin, query: { action: 'key.revoked' } });
  expect(items).toMatchObject([{ target: theirs.id }]);
});

async function until<T>(read: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 10_000; ; ) {
    const value = await read();
    if (is(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
