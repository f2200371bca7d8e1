import type { KnowledgeBaseId, ModelId } from '@privexbot/contract';
import { join, makeKnowledge, publishBot, storedKeys } from '@privexbot/testing/desk.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
let admin: Person;
beforeAll(async () => {
  enclave = await startEnclave();
  admin = await enclave.signUp();
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function draft(name = 'Help') {
  const { client, org, workspace } = admin;
  const { id: bot } = await client.bots.create({ params: { org, workspace }, body: { name } });
  const params = { org, workspace, bot };
  const get = () => client.bots.get({ params });
  const change = async (changes: object, revision?: number) => {
    const now = await get();
    return client.bots.change({ params, body: { settings: { ...now.settings, ...changes }, revision: revision ?? now.revision } });
  };
  const publish = async (note = '') => client.bots.publish({ params, body: { revision: (await get()).revision, note } });
  const deploy = (channel: 'page' | 'widget' | 'api', body: { enabled: boolean; slug?: string; allowedSites?: string[] }) =>
    client.bots.deploy({ params: { ...params, channel }, body });
  return { bot, params, get, change, publish, deploy };
}

const visit = (slug: string, channel: 'page' | 'widget' = 'page') =>
  enclave.client().publicChat.page({ params: { slug }, query: { channel } });

/** `done`, or the code of the refusal. */
const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);

test('a draft that somebody changed meanwhile is neither overwritten nor published', async () => {
  const { get, change, params } = await draft();
  const { revision } = await get();
  await change({ greeting: 'Hello' }, revision);
  await expect(change({ greeting: 'Bonjour' }, revision)).rejects.toMatchObject({ code: 'conflict' });
  await expect(admin.client.bots.publish({ params, body: { revision } })).rejects.toMatchObject({ code: 'conflict' });
  expect((await get()).settings.greeting).toBe('Hello');
  const both = await Promise.allSettled(['a', 'b'].map((greeting) => change({ greeting }, revision + 1)));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('publishing what is live already makes no new version, and many at once make one each', async () => {
  const { params, get, change, publish } = await draft();
  expect((await get()).changed).toBe(true);
  const first = await publish('one');
  expect(await publish('again')).toEqual(first);
  expect(await get()).toMatchObject({ changed: false, live: { version: first.id, number: 1 } });
  await change({ tone: 'formal' });
  const same = await Promise.all([publish(), publish(), publish()]);
  expect(new Set(same.map(({ number }) => number))).toEqual(new Set([2]));
  expect((await admin.client.bots.versions({ params })).map(({ number, live, note }) => [number, live, note])).toEqual([
    [2, true, ''],
    [1, false, 'one'],
  ]);
});

test('a version says what changed from the one before, from another, and from the draft', async () => {
  const { params, change, publish } = await draft('First');
  const one = await publish();
  await change({ greeting: 'Hello', look: { colour: '#aa0000', title: '' } });
  const two = await publish();
  await change({ tone: 'friendly' });
  const version = (id: typeof one.id, against?: typeof one.id | 'draft') =>
    admin.client.bots.version({ params: { ...params, version: id }, query: against ? { against } : {} });
  expect((await version(one.id)).changes).toEqual([]);
  expect((await version(two.id)).changes).toEqual([
    { field: 'greeting', before: '', after: 'Hello' },
    { field: 'look.colour', before: '#00717a', after: '#aa0000' },
  ]);
  expect((await version(one.id, two.id)).changes).toContainEqual({ field: 'greeting', before: 'Hello', after: '' });
  expect((await version(two.id, 'draft')).changes).toEqual([{ field: 'tone', before: 'friendly', after: 'neutral' }]);
  const foreign = await (await draft()).publish();
  await expect(version(foreign.id)).rejects.toMatchObject({ code: 'not_found' });
  await expect(version(one.id, foreign.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('rolling back and forward changes at once what visitors meet, and leaves the draft alone', async () => {
  const { params, get, change, publish, deploy } = await draft();
  await change({ greeting: 'one' });
  const one = await publish();
  const { slug } = await deploy('page', { enabled: true });
  expect((await visit(slug)).greeting).toBe('one');
  await change({ greeting: 'two' });
  const two = await publish();
  expect((await visit(slug)).greeting).toBe('two');
  const roll = (version: typeof one.id) => admin.client.bots.rollBack({ params: { ...params, version } });
  expect(await roll(one.id)).toMatchObject({ live: true, number: 1 });
  expect((await visit(slug)).greeting).toBe('one');
  expect(await get()).toMatchObject({ changed: true, settings: { greeting: 'two' }, live: { number: 1 } });
  expect(await publish()).toMatchObject({ id: two.id, number: 2 });
  expect((await visit(slug)).greeting).toBe('two');
});

test('a bot is deployed once something is published, and each channel on its own', async () => {
  const { publish, deploy, params } = await draft();
  await expect(deploy('page', { enabled: true })).rejects.toMatchObject({ code: 'nothing_published' });
  await expect(admin.client.bots.ask({ params, body: { question: 'Hello?' } })).rejects.toMatchObject({ code: 'nothing_published' });
  await publish();
  const { slug, address } = await deploy('page', { enabled: true });
  expect(address).toMatch(new RegExp(`/c/${slug}$`));
  expect([await outcome(visit(slug)), await outcome(visit(slug, 'widget'))]).toEqual(['done', 'not_found']);
  await deploy('widget', { enabled: true, allowedSites: ['https://example.com/path?x'] });
  await deploy('page', { enabled: false });
  expect([await outcome(visit(slug)), await outcome(visit(slug, 'widget'))]).toEqual(['not_found', 'done']);
  expect(await admin.client.bots.deployments({ params })).toMatchObject([
    { channel: 'page', enabled: false, slug },
    { channel: 'widget', enabled: true, slug, allowedSites: ['https://example.com'] },
    { channel: 'api', enabled: false, address: params.bot },
  ]);
});

test('a public name is taken by one bot of all organizations, changed at once, and free again', async () => {
  const mine = await draft();
  await mine.publish();
  await mine.deploy('page', { enabled: true, slug: 'front-desk' });
  await mine.deploy('widget', { enabled: true });
  const stranger = await enclave.signUp();
  const theirs = (await publishBot(stranger)).params;
  const claim = () => stranger.client.bots.deploy({ params: { ...theirs, channel: 'page' }, body: { enabled: true, slug: 'front-desk' } });
  await expect(claim()).rejects.toMatchObject({ code: 'name_taken' });
  expect(await outcome(visit('front-desk'))).toBe('done');
  await mine.deploy('page', { enabled: true, slug: 'help-desk' });
  expect([await outcome(visit('front-desk')), await outcome(visit('help-desk')), await outcome(visit('help-desk', 'widget'))]).toEqual([
    'not_found',
    'done',
    'done',
  ]);
  expect(await claim()).toMatchObject({ slug: 'front-desk' });
  expect(await outcome(visit('front-desk'))).toBe('done');
  await mine.deploy('page', { enabled: true });
  expect(await outcome(visit('help-desk'))).toBe('done');
  await admin.client.bots.delete({ params: mine.params });
  expect(await outcome(visit('help-desk'))).toBe('not_found');
  await stranger.client.bots.deploy({ params: { ...theirs, channel: 'page' }, body: { enabled: true, slug: 'help-desk' } });
  expect(await outcome(visit('help-desk'))).toBe('done');
});

test('channels that are switched at once all end up as they were asked', async () => {
  const { params, publish, deploy } = await draft();
  await publish();
  await Promise.all([
    deploy('page', { enabled: true, slug: 'at-once' }),
    deploy('widget', { enabled: true }),
    deploy('api', { enabled: true }),
  ]);
  const channels = await admin.client.bots.deployments({ params });
  expect(channels.map(({ enabled }) => enabled)).toEqual([true, true, true]);
  expect(await admin.client.bots.get({ params })).toMatchObject({ id: params.bot });
});

test('deleting a bot destroys its key and those of its conversations', async () => {
  const before = await storedKeys(enclave);
  const { params, slug } = await publishBot(admin, {}, 'page');
  await Array.fromAsync(await admin.client.bots.ask({ params, body: { question: 'Hello?' } }));
  await enclave.client().publicChat.start({ params: { slug } });
  expect((await storedKeys(enclave)).size).toBe(before.size + 3);
  await admin.client.bots.delete({ params });
  expect(await storedKeys(enclave)).toEqual(before);
  expect(await outcome(visit(slug))).toBe('not_found');
  expect(await outcome(admin.client.bots.get({ params }))).toBe('not_found');
  expect(await outcome(admin.client.bots.ask({ params, body: { question: 'Hello?' } }))).toBe('not_found');
});

test('a draft names only models and knowledge that are there, of its own workspace', async () => {
  const { client, org, workspace } = admin;
  const { change } = await draft();
  const model = `mdl_${'0'.repeat(26)}` as ModelId;
  const unknown = `kb_${'0'.repeat(26)}` as KnowledgeBaseId;
  expect(await outcome(change({ model }))).toBe('unknown_model');
  expect(await outcome(change({ model: 'machine' }))).toBe('unknown_model'); // none is set here
  expect(await outcome(change({ knowledgeBases: [unknown] }))).toBe('not_found');
  const { id: elsewhere } = await client.organizations.createWorkspace({ params: { org }, body: { name: 'Elsewhere' } });
  const there = await makeKnowledge({ ...admin, workspace: elsewhere });
  const foreign = await makeKnowledge(await enclave.signUp());
  for (const { knowledge } of [there, foreign]) {
    expect(await outcome(change({ knowledgeBases: [knowledge] }))).toBe('not_found');
    const body = { name: 'Thief', knowledgeBases: [knowledge] };
    expect(await outcome(client.bots.create({ params: { org, workspace }, body }))).toBe('not_found');
  }
  expect(await outcome(change({ knowledgeBases: [(await makeKnowledge(admin)).knowledge] }))).toBe('done');
});

test('bots are built by those who may, and asked by more', async () => {
  const { params } = await publishBot(admin);
  const { client } = await join(enclave, admin, 'tier3');
  expect(await outcome(client.bots.publish({ params, body: { revision: 1 } }))).toBe('not_allowed');
  expect(await outcome(client.bots.ask({ params, body: { question: 'Hello?' } }))).toBe('done');
  const reader = await join(enclave, admin, 'tier4');
  expect(await outcome(reader.client.bots.get({ params }))).toBe('done');
  expect(await outcome(reader.client.bots.ask({ params, body: { question: 'Hello?' } }))).toBe('not_allowed');
});
