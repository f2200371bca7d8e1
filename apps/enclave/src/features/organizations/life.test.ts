import { createPublicKey, verify } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { organizationReceiptBytes } from '@privexbot/contract';
import { createStorage, type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';
import { deleteOrganizationJob, GRACE_MS, sweepOrganizations } from './life.ts';

const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);
const PATIENCE = { timeout: 20_000, interval: 50 };

async function withBot(person: Person): Promise<{ slug: string }> {
  const { client, org, workspace } = person;
  const at = { org, workspace };
  const knowledge = await client.knowledge.create({ params: at, body: { name: 'Handbook' } });
  const body = { source: 'paste', title: 'Leave', text: 'Staff receive 27 days of paid annual leave.' } as const;
  await client.knowledge.add({ params: { ...at, knowledge: knowledge.id }, body });
  const bot = await client.bots.create({ params: at, body: { name: 'Help', knowledgeBases: [knowledge.id] } });
  const inBot = { ...at, bot: bot.id };
  await client.bots.publish({ params: inBot, body: { revision: bot.revision } });
  const slug = `help-${org.slice(-8)}`;
  await client.bots.deploy({ params: { ...inBot, channel: 'page' }, body: { enabled: true, slug } });
  return { slug };
}

async function left(enclave: Enclave, org: string): Promise<Record<string, number>> {
  const tables = await enclave.forge<{ name: string; realm: string }>(`
    select format('%I.%I', table_schema, table_name) as name, column_name as realm from information_schema.columns
    where table_schema in ('public', 'keystore') and column_name in ('org_id', 'realm')`);
  const counts: Record<string, number> = {};
  for (const { name, realm } of tables) {
    const [row] = await enclave.forge<{ rows: number }>(`select count(*)::int as rows from ${name} where ${realm} = $1`, [org]);
    if (row?.rows) counts[name] = row.rows;
  }
  return counts;
}

test('a suspended organization answers nobody, its bots neither, until an Admin lifts that', async () => {
  await using enclave = await startEnclave();
  const admin = await enclave.signUp();
  const { slug } = await withBot(admin);
  const { client, org } = admin;
  const { key } = await client.apiKeys.create({ params: admin, body: { name: 'k' } });
  expect(await client.organizations.suspend({ params: { org } })).toMatchObject({ state: 'suspended' });
  expect(await outcome(client.bots.list({ params: admin }))).toBe('organization_closed');
  expect(await outcome(enclave.client(key).openai.models())).toBe('organization_closed');
  expect(await outcome(enclave.client().publicChat.page({ params: { slug } }))).toBe('not_found');
  expect((await client.auth.me()).organizations).toMatchObject([{ id: org, state: 'suspended' }]);
  await client.organizations.reactivate({ params: { org } });
  expect(await outcome(client.bots.list({ params: admin }))).toBe('done');
  expect(await outcome(enclave.client().publicChat.page({ params: { slug } }))).toBe('done');
});

test('a suspension that was taken away from outside is refused', async () => {
  await using enclave = await startEnclave();
  const admin = await enclave.signUp();
  await admin.client.organizations.suspend({ params: admin });
  await enclave.forge('delete from organization_states where org_id = $1', [admin.org]);
  enclave.advance(1_500);
  expect(await outcome(admin.client.bots.list({ params: admin }))).toBe('integrity_failed');
});

test('seven days after it was asked for, an organization is gone with its keys, rows and files, and its Admin has a receipt', async () => {
  await using storage = await createStorage();
  await using enclave = await startEnclave({ storage });
  const [admin, other] = [await enclave.signUp({ organization: 'Doomed' }), await enclave.signUp()];
  await withBot(admin);
  const { client, org } = admin;
  const program = await client.serviceAccounts.create({ params: { org }, body: { name: 'Nightly', role: 'tier2' } });
  const theirs = await other.client.serviceAccounts.create({ params: other, body: { name: 'Stays', role: 'tier2' } });
  const accounts = async () => (await enclave.forge<{ id: string }>('select id from users order by id')).map(({ id }) => id);
  expect(await accounts()).toEqual([admin.user, other.user, program.id, theirs.id].sort());
  const upload = await client.uploads.start({ params: { org }, body: { name: 'a.txt', sizeBytes: 3 } });
  await client.uploads.putPart({ params: { org, upload: upload.id, part: '0' }, body: new Blob(['abc']) });
  await expect(client.organizations.delete({ params: { org }, body: { name: 'doomed' } })).rejects.toMatchObject({ code: 'name_mismatch' });
  const asked = await client.organizations.delete({ params: { org }, body: { name: 'Doomed' } });
  expect(Date.parse(asked.deletedAt ?? '')).toBeGreaterThan(Date.now() + GRACE_MS - 60_000);
  expect(await outcome(client.bots.list({ params: admin }))).toBe('organization_closed');

  // Taken back, asked for again, and not before its time.
  await client.organizations.reactivate({ params: { org } });
  expect(await outcome(client.bots.list({ params: admin }))).toBe('done');
  await client.organizations.delete({ params: { org }, body: { name: 'Doomed' } });
  await deleteOrganizationJob(enclave.context, { org, id: org });
  expect((await client.organizations.get({ params: { org } })).state).toBe('deleting');

  enclave.advance(GRACE_MS + 1_000);
  await sweepOrganizations(enclave.context);
  await client.auth.signIn({ body: admin });
  await expect.poll(async () => (await client.organizations.receipts()).length, PATIENCE).toBe(1);
  // As of a transaction that was under way and came in after it.
  await enclave.forge(`insert into audit_entries (org_id, writer, sequence, at, sealed, mac) values ($1, 'late', 1, now(), '', '')`, [org]);
  const leftAfterSweep = () => sweepOrganizations(enclave.context).then(() => left(enclave, org));
  await expect.poll(leftAfterSweep, PATIENCE).toEqual({});
  const [signed] = await client.organizations.receipts();
  if (!signed) throw new Error('there is no receipt');
  expect(signed.receipt).toMatchObject({ organization: org, name: 'Doomed', members: 2, method: 'organization-keys-destroyed' });
  expect(signed.receipt.keys).toBeGreaterThan(3);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signed.identity }, format: 'jwk' });
  expect(verify(null, organizationReceiptBytes(signed.receipt), key, Buffer.from(signed.signature, 'base64url'))).toBe(true);
  expect(await readdir(join(storage.blobFolder)).then((names) => names.includes(org))).toBe(false);
  expect((await client.auth.me()).organizations).toEqual([]);
  expect(await outcome(client.organizations.get({ params: { org } }))).toBe('not_found');
  expect(await outcome(other.client.auth.signIn({ body: other }))).toBe('done');
  expect((await other.client.audit.verify({ params: other })).intact).toBe(true);

  // People keep their accounts; those of its programs are gone.
  expect(await accounts()).toEqual([admin.user, other.user, theirs.id].sort());

  // Once more, as after a kill: nothing happens.
  await deleteOrganizationJob(enclave.context, { org, id: org });
  expect(await client.organizations.receipts()).toHaveLength(1);
}, 60_000);

test('people who sign in while their organization is deleted are let in, and leave nothing in it', async () => {
  await using enclave = await startEnclave();
  const seen = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const { client, org, email, password } = await enclave.signUp({ organization: 'Doomed' });
    await client.organizations.delete({ params: { org }, body: { name: 'Doomed' } });
    enclave.advance(GRACE_MS + 1_000);
    await sweepOrganizations(enclave.context);
    const isThere = async () => (await enclave.forge('select 1 from organizations where org_id = $1', [org])).length > 0;
    const comeAndGo = async () => {
      do seen.add(await outcome(enclave.client().auth.signIn({ body: { email, password } })));
      while (await isThere());
    };
    await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
    const leftAfterSweep = () => sweepOrganizations(enclave.context).then(() => left(enclave, org));
    await expect.poll(leftAfterSweep, PATIENCE).toEqual({});
  }
  expect([...seen]).toEqual(['done']);
});

test('jobs of an organization that is about to be deleted do nothing more', async () => {
  await using enclave = await startEnclave();
  const admin = await enclave.signUp();
  const { client, org, workspace } = admin;
  const knowledge = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Many' } });
  const text = 'A sentence about nothing in particular. '.repeat(2_000);
  for (let n = 0; n < 8; n++)
    await client.knowledge.add({ params: { org, workspace, knowledge: knowledge.id }, body: { source: 'paste', title: `T${n}`, text } });
  const { name } = await client.organizations.get({ params: { org } });
  await client.organizations.delete({ params: { org }, body: { name } });
  const pending = () =>
    enclave.forge<{ state: string }>(`select state from documents where org_id = $1 and state in ('queued', 'reading')`, [org]);
  await expect.poll(async () => (await pending()).length, PATIENCE).toBe(0);
  const cancelled = await enclave.forge(`select id from documents where org_id = $1 and state = 'cancelled'`, [org]);
  expect(cancelled.length).toBeGreaterThan(0);
});

test('somebody with an account founds another organization', async () => {
  await using enclave = await startEnclave({ settings: { PRIVEXBOT_SIGN_UP: 'first' } });
  const admin = await enclave.signUp();
  const made = await admin.client.organizations.create({ body: { name: 'Second' } });
  expect(made).toMatchObject({ name: 'Second', role: 'admin', workspaces: [{ name: 'General' }] });
  expect((await admin.client.auth.me()).organizations).toHaveLength(2);
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: 'plain@example.com', role: 'tier2' } });
  const plain = await enclave.signUp({ email: 'plain@example.com', invitation: link.split('#')[1] ?? '' });
  expect(await outcome(plain.client.organizations.create({ body: { name: 'Mine' } }))).toBe('sign_up_closed');
});
