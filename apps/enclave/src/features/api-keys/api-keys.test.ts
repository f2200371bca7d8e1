import { type Client, createClient } from '@privexbot/sdk';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from '../auth/change-role.fixture.ts';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

test('a key is shown once, works in its organization with its maker’s rights, and ends when it is revoked', async () => {
  const { client, org } = await enclave.signUp();
  const made = await client.apiKeys.create({ params: { org }, body: { name: 'laptop' } });
  expect(made.key).toMatch(/^pxb_[0-9a-z]{26}_[0-9a-z]{26}_[\w-]{43}$/);
  const { key, ...listed } = made;
  expect(listed.ending).toBe(key.slice(-4));
  expect(await client.apiKeys.list({ params: { org } })).toEqual([listed]);

  const program = enclave.client(key);
  expect((await program.members.list({ params: { org } })).found).toBe(1);
  await program.organizations.rename({ params: { org }, body: { name: 'Renamed by a program' } });
  const { items } = await client.audit.list({ params: { org }, query: { action: 'organization.renamed' } });
  expect(items).toMatchObject([{ actor: 'laptop' }]);

  await client.apiKeys.revoke({ params: { org, key: made.id } });
  await expect(program.organizations.get({ params: { org } })).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a key opens no account: it neither lists sessions nor changes the password', async () => {
  const { client, org, password } = await enclave.signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'k' } });
  const program = enclave.client(key);
  for (const call of [program.auth.me(), program.auth.sessions(), program.auth.changePassword({ body: { current: password, password } })])
    await expect(call).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a key with another secret, id or form is nobody', async () => {
  const { client, org } = await enclave.signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'k' } });
  const other = key.endsWith('A') ? 'B' : 'A';
  for (const wrong of [
    `${key.slice(0, -2)}${other}A`,
    key.slice(0, -1),
    `${key}A`,
    key.replace('pxb_', 'abc_'),
    'Bearer',
    key.toUpperCase(),
  ])
    await expect(enclave.client(wrong).organizations.get({ params: { org } })).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('only the maker lists and revokes a key', async () => {
  const admin = await enclave.signUp();
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: 'second@example.com', role: 'tier1' } });
  const second = await enclave.signUp({ email: 'second@example.com', invitation: link.split('#')[1] ?? '' });
  const { id, key } = await second.client.apiKeys.create({ params: admin, body: { name: 'of the second' } });
  expect(await admin.client.apiKeys.list({ params: admin })).toEqual([]);
  await expect(admin.client.apiKeys.revoke({ params: { org: admin.org, key: id } })).rejects.toMatchObject({ code: 'not_found' });
  const refusal = enclave.client(key).members.list({ params: admin });
  await expect(refusal).rejects.toMatchObject({ code: 'not_allowed' });
});

test('in plain only a key that an Admin allowed for it works, and only while its maker is one; attempts are audited', async () => {
  const admin = await enclave.signUp();
  const { client, org } = admin;
  const make = async (name: string, plain: boolean) => (await client.apiKeys.create({ params: { org }, body: { name, plain } })).key;
  const inPlain = (key: string) => createClient(enclave.bareTransport(undefined, key)).openai.models();
  const [sealed, plain] = [await make('sealed', false), await make('plain', true)];
  expect((await inPlain(plain)).data).toEqual([]);
  await expect(inPlain(sealed)).rejects.toMatchObject({ code: 'sealed_only' });
  await expect(inPlain('pxb_nonsense')).rejects.toMatchObject({ code: 'not_signed_in' });
  expect((await enclave.client(sealed).openai.models()).data).toEqual([]);
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.sealed_only' } });
  expect(items).toMatchObject([{ actor: 'sealed' }]);

  await changeRole(enclave.context, admin, 'tier1');
  await expect(inPlain(plain)).rejects.toMatchObject({ code: 'sealed_only' });
  expect((await enclave.client(plain).openai.models()).data).toEqual([]);
});

test('neither the secret nor the name is stored in the clear', async () => {
  const { client, org } = await enclave.signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'name-in-the-clear' } });
  const rows = await enclave.forge<Record<string, unknown>>('select * from api_keys');
  const stored = rows.flatMap((row) =>
    Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))),
  );
  expect(stored.filter((value) => value.includes('name-in-the-clear') || value.includes(key.slice(-43)))).toEqual([]);
});

test('only an Admin makes a key that may be used in plain, and the audit log says so', async () => {
  const admin = await enclave.signUp();
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: 'plain@example.com', role: 'tier1' } });
  const second = await enclave.signUp({ email: 'plain@example.com', invitation: link.split('#')[1] ?? '' });
  const make = ({ client }: { client: Client }, plain: boolean) =>
    client.apiKeys.create({ params: { org: admin.org }, body: { name: 'k', plain } });
  await expect(make(second, true)).rejects.toMatchObject({ code: 'not_allowed' });
  expect((await make(second, false)).plain).toBe(false);
  const { id } = await make(admin, true);
  expect(await admin.client.apiKeys.list({ params: admin })).toMatchObject([{ id, plain: true }]);
  const { items } = await admin.client.audit.list({ params: admin, query: { action: 'key.created' } });
  expect(items.filter(({ facts }) => facts.plain).map(({ target }) => target)).toEqual([id]);
});

test('a key that may be used in plain opens the OpenAI-compatible API and nothing else, sealed or not', async () => {
  const { client, org } = await enclave.signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'plain', plain: true } });
  for (const [channel, code] of [
    [enclave.openChannel(), 'plain_key'],
    [undefined, 'sealed_only'],
  ] as const) {
    const program = createClient(enclave.bareTransport(channel, key));
    expect((await program.openai.models()).data).toEqual([]);
    await expect(program.members.list({ params: { org } })).rejects.toMatchObject({ code });
    await expect(program.organizations.ofKey()).rejects.toMatchObject({ code });
    await expect(program.apiKeys.create({ params: { org }, body: { name: 'another' } })).rejects.toMatchObject({ code });
  }
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.plain_key' } });
  expect(items.map(({ actor }) => actor)).toEqual(Array(3).fill('plain'));
});
