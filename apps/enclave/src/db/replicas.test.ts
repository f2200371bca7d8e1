// Two servers on one database behave as one for what carries rights.

import type { ModelId } from '@privexbot/contract';
import { createClient } from '@privexbot/sdk';
import { createDevice } from '@privexbot/testing/device.ts';
import { createStorage, type Enclave, PASSWORD, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changeRole } from '../features/auth/change-role.fixture.ts';
import { Models } from '../features/models/index.ts';

const REFUSED = { code: 'integrity_failed' };
/** What is promised for every way to take a right away. */
const PROMISED = { timeout: 5_000, interval: 50 };

let storage: Storage;
let one: Enclave;
let two: Enclave;
beforeAll(async () => {
  storage = await createStorage();
  one = await startEnclave({ storage, isReplica: true });
  two = await startEnclave({ storage, isReplica: true });
});
afterAll(async () => {
  await Promise.all([one, two].map((enclave) => enclave[Symbol.asyncDispose]()));
  await storage[Symbol.asyncDispose]();
});

/** A person on a new device, with a sealed session at either server. */
async function signInAtBoth(email: string) {
  const device = createDevice();
  const [here, there] = [createClient(one.transport(device)), createClient(two.transport(device))];
  await here.auth.signIn({ body: { email, password: PASSWORD } });
  return { here, there };
}

async function invite({ client, org }: Awaited<ReturnType<Enclave['signUp']>>, email: string) {
  const { link } = await client.organizations.invite({ params: { org }, body: { email, role: 'tier2' } });
  return link.split('#')[1] ?? '';
}

test('who signs in at one server is signed in at the other, and signed out there too', async () => {
  const { email } = await one.signUp();
  const { here, there } = await signInAtBoth(email);
  expect((await there.auth.me()).email).toBe(email);
  await there.auth.signOut();
  await vi.waitFor(() => expect(here.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' }), PROMISED);
});

test('a key that was revoked, and a role that was lowered, at one server count at the other', async () => {
  const admin = await one.signUp();
  const member = await two.signUp({ email: 'lowered@example.com', invitation: await invite(admin, 'lowered@example.com') });
  const params = { org: admin.org };
  const key = await member.client.apiKeys.create({ params, body: { name: 'of a member' } });
  const byKey = one.client(key.key);
  expect((await byKey.organizations.get({ params })).id).toBe(admin.org);
  await member.client.apiKeys.revoke({ params: { ...params, key: key.id } });
  await vi.waitFor(() => expect(byKey.organizations.get({ params })).rejects.toMatchObject({ code: 'not_signed_in' }), PROMISED);
  await changeRole(one.context, { user: member.user, org: admin.org }, 'tier4');
  await vi.waitFor(
    () => expect(member.client.apiKeys.create({ params, body: { name: 'too late' } })).rejects.toMatchObject({ code: 'not_allowed' }),
    PROMISED,
  );
});

test('an invitation raced at both servers lets exactly one person in', async () => {
  const admin = await one.signUp();
  const email = 'raced@example.com';
  const invitation = await invite(admin, email);
  const racers = Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).signUp({ email, invitation }));
  const outcomes = await Promise.allSettled(racers);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of outcomes) if (one.status === 'rejected') expect(one.reason.code).toMatch(/address_taken|invitation_/);
});

test('changes of one table at both servers at once all count, and a third server finds them whole', async () => {
  const admin = await one.signUp();
  const before = (await one.forge('select id from users')).length;
  await Promise.all(Array.from({ length: 24 }, (_, i) => (i % 2 ? one : two).signUp()));
  await using three = await startEnclave({ storage, isReplica: true });
  await three.client().auth.signIn({ body: { email: admin.email, password: PASSWORD } });
  expect(await three.forge('select id from users')).toHaveLength(before + 24);
  await Promise.all([one, two, three].map((enclave) => enclave.signUp()));
});

test('a server that is further behind than changes are kept compares the whole table', async () => {
  const admin = await one.signUp();
  await two.client().auth.signIn({ body: admin });
  await Promise.all(Array.from({ length: 3 }, () => one.signUp()));
  await one.forge('delete from head_changes');
  await two.signUp();
  await one.client().auth.signIn({ body: admin });
});

test('a row that one server replaced and the host put back is refused by both', async () => {
  const admin = await one.signUp();
  await two.client().auth.signIn({ body: admin });
  const [row] = await one.forge<{ version: number; sealed: Uint8Array }>('select version, sealed from users where id = $1', [admin.user]);
  await admin.client.auth.changePassword({ body: { current: PASSWORD, password: 'a new password' } });
  await one.forge('update users set version = $2, sealed = $3 where id = $1', [admin.user, row?.version, row?.sealed]);
  await two.context.db.heads.poll();
  for (const enclave of [one, two]) await expect(enclave.client().auth.signIn({ body: admin })).rejects.toMatchObject(REFUSED);
});

test('an ended session that the host put back is refused by the server that did not end it', async () => {
  const { email } = await one.signUp();
  const { here, there } = await signInAtBoth(email);
  const { session } = await there.auth.me();
  const [row] = await one.forge('select * from sessions where id = $1', [session]);
  await here.auth.signOut();
  const values = Object.values(row ?? {});
  await one.forge(`insert into sessions (${Object.keys(row ?? {})}) values (${values.map((_, i) => `$${i + 1}`)})`, values);
  await vi.waitFor(() => expect(there.auth.me()).rejects.toMatchObject(REFUSED), PROMISED);
  await one.forge('delete from sessions where id = $1', [session]);
});

test('what both servers write in one audit log is one chain of checkpoints, which both verify', async () => {
  const admin = await one.signUp();
  const { here, there } = await signInAtBoth(admin.email);
  const params = { org: admin.org };
  const at = { ...params, workspace: admin.workspace };
  for (const name of ['a', 'b', 'c']) {
    await Promise.all([here, there].map((client) => client.organizations.renameWorkspace({ params: at, body: { name } })));
    await Promise.all([one, two].map(({ context }) => context.db.checkpoint()));
  }
  for (const client of [here, there]) {
    const report = await client.audit.verify({ params });
    expect(report).toMatchObject({ intact: true });
    expect(report.checkpoints).toBeGreaterThan(5);
  }
  await one.forge(`delete from audit_checkpoints where id = (select max(id) from audit_checkpoints where org_id = $1)`, [admin.org]);
  await here.organizations.renameWorkspace({ params: at, body: { name: 'd' } });
  await one.context.db.checkpoint();
  expect(await there.audit.verify({ params })).toMatchObject({ intact: false });
});

test('a model that one server changed or removed is opened anew, or no more, by the other', async () => {
  const { client, org } = await one.signUp();
  const body = { provider: 'openai-compatible', name: 'Ours', url: 'https://models.example/v1', model: 'one' } as const;
  const id = (await client.models.add({ params: { org }, body })).id as ModelId;
  await using models = new Models(two.context);
  const opened = await models.find(org, id);
  expect(await models.find(org, id)).toBe(opened);
  await client.models.change({ params: { org, model: id }, body: { contextTokens: 1_024 } });
  two.advance(1_500);
  expect(await models.find(org, id)).toMatchObject({ contextTokens: 1_024 });
  await client.models.remove({ params: { org, model: id } });
  two.advance(1_500);
  await expect(models.find(org, id)).rejects.toMatchObject({ code: 'unknown_model' });
});

test('jobs of both servers are done once, by either', async () => {
  const { client, org, workspace } = await one.signUp();
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Handbook' } });
  const params = { org, workspace, knowledge };
  for (let i = 0; i < 6; i++)
    await client.knowledge.add({ params, body: { source: 'paste', title: `Part ${i}`, text: `The canteen number ${i} opens at noon.` } });
  const documents = async () => (await client.knowledge.documents({ params })).items;
  await vi.waitFor(
    async () => expect((await documents()).filter(({ state, embedded, passages }) => state !== 'ready' || embedded < passages)).toEqual([]),
    { timeout: 60_000, interval: 200 },
  );
  const { totals } = await client.usage.read({ params: { org } });
  expect(totals.embedded_texts).toBe(
    (await one.forge<{ n: number }>('select count(*)::int as n from passage_vectors where org_id = $1', [org]))[0]?.n,
  );
});
