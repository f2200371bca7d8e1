import { readdir, readFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { AnswerEvent, ModelId, Role, SpendingRules } from '@privexbot/contract';
import { type InBot, type InKnowledge, join, makeKnowledge, publishBot } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { createStorage, type Enclave, type Person, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrgScope } from '../../http/scope.ts';
import { LiveBots } from '../bots/index.ts';
import { newAnswer, runAnswer } from '../conversations/answer.ts';
import { TurnWriter } from '../conversations/turns.ts';
import { embedDocumentJob } from '../knowledge/embed-job.ts';
import { KnowledgeIndexes } from '../knowledge/indexes.ts';
import { Progresses } from '../knowledge/progresses.ts';
import { searchKnowledge } from '../knowledge/search.ts';
import { testModel } from '../models/manage.ts';
import { Models } from '../models/resolve.ts';
import { openaiRoutes } from '../openai/routes.ts';
import { Meter } from './meter.ts';

const FEATURES = joinPath(import.meta.dirname, '..');
const TEXT = 'Full-time staff receive 27 days of paid annual leave each calendar year. The canteen opens at noon.';
const NO_RULES: SpendingRules = { organization: {}, member: {}, members: [], models: [] };
const USED_UP = 'spending_limit_reached';

let server: ModelServer;
let storage: Storage;
let enclave: Enclave;
let admin: Person;
let params: { org: Person['org'] };
let base: InKnowledge;
let bot: { params: InBot; slug: string };
let model: ModelId;
beforeAll(async () => {
  server = await startModelServer();
  storage = await createStorage();
  enclave = await startEnclave({ storage, settings: { PRIVEXBOT_MODEL_URL: server.url, PRIVEXBOT_PRIVATE_HOSTS: server.host } });
  admin = await enclave.signUp();
  params = { org: admin.org };
  base = await makeKnowledge(admin, { Leave: TEXT });
  const body = { provider: 'openai-compatible', name: 'Ours', url: server.url, model: 'test' } as const;
  model = (await admin.client.models.add({ params, body })).id as ModelId;
  bot = await publishBot(admin, { model: 'machine', knowledgeBases: [base.knowledge], maxOutputTokens: 16 }, 'page');
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function setRules(rules: Partial<SpendingRules>): Promise<void> {
  const { revision } = await admin.client.usage.spending({ params });
  await admin.client.usage.setSpending({ params, body: { rules: { ...NO_RULES, ...rules }, revision } });
}

const ask = ({ client }: Person) => client.bots.ask({ params: bot.params, body: { question: 'ECHO: hello' } }).then(endOf);
const all = <T>(events: AsyncIterable<T>) => Array.fromAsync(events);
/** How an answer ended: `done`, or the code of its failure. */
async function endOf(events: AsyncIterable<AnswerEvent>): Promise<string | undefined> {
  const last = (await all(events)).at(-1);
  return last?.type === 'failed' ? last.code : last?.type;
}

/** What the paths need, with a meter whose opinion of the caller's role is the test's: routes, which would refuse before, are not asked. */
async function openPaths(role: () => Role | undefined) {
  const { context } = enclave;
  const meter = new Meter(context, async () => role());
  const models = new Models(context);
  const indexes = new KnowledgeIndexes(context);
  const knowledge = { indexes, progresses: new Progresses(), [Symbol.asyncDispose]: () => indexes.close() };
  const live = new LiveBots(context);
  let embedded = 0;
  const embedder = {
    ...context.embedder,
    model: context.embedder.model,
    dimensions: context.embedder.dimensions,
    embed: (...asked: Parameters<typeof context.embedder.embed>) => {
      embedded++;
      return context.embedder.embed(...asked);
    },
  };
  const answering = { ...context, embedder, models, knowledge, meter };
  const ports = { ...answering, live, indexes, turns: new TurnWriter(answering) };
  const { org, user, workspace } = admin;
  const scope = {
    org,
    user,
    actor: user,
    signal: new AbortController().signal,
    transaction: (fn: Parameters<OrgScope['transaction']>[0]) => context.db.transaction(org, user, fn),
  } as unknown as OrgScope;
  const flow = (await live.find(org, bot.params.bot))?.flow;
  const [document] = (await admin.client.knowledge.documents({ params: base })).items;
  if (!flow || !document) throw new Error('there is no bot or no document');
  return {
    calls: () => server.asked + embedded,
    paths: {
      'conversations/answer.ts': () =>
        all(runAnswer(ports, { org, user, flow, question: 'ECHO: hello', history: [] }, newAnswer(), scope.signal)),
      'knowledge/search.ts': () => searchKnowledge(ports, scope, workspace, base.knowledge, { text: 'leave', limit: 3, rankBy: 'score' }),
      'knowledge/embed-job.ts': async () => {
        await enclave.forge('delete from passage_vectors where document_id = $1', [document.id]);
        await embedDocumentJob(ports, { org, id: document.id }, scope.signal);
      },
      'openai/routes.ts': async () =>
        openaiRoutes({ ...ports, findRole: async () => 'admin' }).embeddings(scope, { body: { model: 'default', input: 'leave' } }),
      'models/manage.ts': () => testModel(ports, scope, model),
    } as Readonly<Record<string, () => Promise<unknown>>>,
  };
}

test('every file of a feature that calls a model is one of the paths that are tried here, and asks the meter', async () => {
  const files = (await readdir(FEATURES, { recursive: true })).filter((file) => /\.ts$/.test(file) && !/\.(test|fixture)\.ts$/.test(file));
  const calling: string[] = [];
  for (const file of files) {
    const text = await readFile(joinPath(FEATURES, file), 'utf8');
    if (!/embedder\.embed\(|\bmodel\??\.stream\(/.test(text)) continue;
    calling.push(file);
    expect(text, file).toContain('meter.admit(');
  }
  const { paths } = await openPaths(() => 'admin');
  expect(files.length).toBeGreaterThan(100);
  expect(calling.map((file) => file.replaceAll('\\', '/')).sort()).toEqual(Object.keys(paths).sort());
});

test.each(['tier4', undefined] as const)('as %s nothing is called and nothing is counted, by any path', async (role) => {
  // All vectors there are, so that a search would embed its question.
  await (await openPaths(() => 'tier2')).paths['knowledge/embed-job.ts']?.();
  const { paths, calls } = await openPaths(() => role);
  const before = { calls: calls(), usage: (await admin.client.usage.read({ params })).rows };
  for (const [file, run] of Object.entries(paths)) {
    const code = await run().then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
    // The job ends, and says so in the audit log.
    expect([file, code]).toEqual([file, file === 'knowledge/embed-job.ts' ? 'done' : 'not_allowed']);
    expect([file, calls()]).toEqual([file, before.calls]);
  }
  expect((await admin.client.usage.read({ params })).rows).toEqual(before.usage);
});

test('as everybody who may, each path is served and counted, for the member too', async () => {
  for (const role of ['tier3', 'tier2'] as const) {
    const { paths, calls } = await openPaths(() => role);
    // All vectors there are, so that a search embeds its question.
    await paths['knowledge/embed-job.ts']?.();
    for (const [file, run] of Object.entries(paths)) {
      const before = calls();
      await run();
      expect([file, calls() > before]).toEqual([file, true]);
    }
  }
  await ask(admin);
  const { members, spent } = await admin.client.usage.spending({ params });
  expect(members.find(({ user }) => user === admin.user)?.spent.tokensPerDay).toBeGreaterThan(0);
  expect(spent.textsPerDay).toBeGreaterThan(0);
});

test('a member stops at the own limit, others go on, and a limit of one person counts before that of all', async () => {
  const [one, other, heavy] = await Promise.all(['tier2', 'tier3', 'tier3'].map((role) => join(enclave, admin, role as Role)));
  if (!one || !other || !heavy) throw new Error('nobody joined');
  await setRules({ member: { tokensPerDay: 10 }, members: [{ user: heavy.user, limit: { tokensPerDay: 1_000_000 } }] });
  expect([await ask(one), await ask(one), await ask(other)]).toEqual(['done', USED_UP, 'done']);
  for (let i = 0; i < 3; i++) expect(await ask(heavy)).toBe('done');
  const { members } = await admin.client.usage.spending({ params });
  expect(members.find(({ user }) => user === one.user)?.spent).toMatchObject({ tokensPerDay: 18, tokensPerMonth: 18 });
  await setRules({ member: { tokensPerMonth: 0 } });
  expect(await ask(other)).toBe(USED_UP);
});

test('many questions at once do not all pass below a limit', async () => {
  const member = await join(enclave, admin, 'tier3');
  await setRules({ member: { tokensPerDay: 40 } });
  const ends = await Promise.all(Array.from({ length: 12 }, () => ask(member)));
  const done = ends.filter((end) => end === 'done').length;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(6);
  expect(ends.filter((end) => end === USED_UP)).toHaveLength(12 - done);
});

test("the organization's limit holds for its visitors too; what costs nothing goes on", async () => {
  const visitor = enclave.client();
  const slug = { slug: bot.slug };
  const { conversation, token } = await visitor.publicChat.start({ params: slug });
  const asked = () =>
    visitor.publicChat
      .ask({ params: { ...slug, conversation }, body: { question: 'ECHO: hello' } }, { headers: { authorization: `Bearer ${token}` } })
      .then(endOf);
  await setRules({});
  expect(await asked()).toBe('done');
  await setRules({ organization: { tokensPerDay: 1, textsPerDay: 0 } });
  expect(await asked()).toBe(USED_UP);
  const quoting = await publishBot(admin, { knowledgeBases: [base.knowledge] });
  const events = await admin.client.bots.ask({
    params: quoting.params,
    body: { question: 'How many days of annual leave do staff receive?' },
  });
  expect((await all(events)).at(-1)).toMatchObject({ type: 'done', model: 'grounded' });
  expect((await admin.client.knowledge.search({ params: base, body: { text: 'annual leave' } })).hits.length).toBeGreaterThan(0);
});

test('a model that is for some roles refuses the others, whose bot it is makes no difference', async () => {
  const [member, lead] = await Promise.all([join(enclave, admin, 'tier3'), join(enclave, admin, 'tier1')]);
  await setRules({ models: [{ model: 'machine', spenders: ['admin', 'tier1'] }] });
  expect([await ask(lead), await ask(member)]).toEqual(['done', 'model_not_allowed']);
  const key = await member.client.apiKeys.create({ params, body: { name: 'older' } });
  await admin.client.bots.deploy({ params: { ...bot.params, channel: 'api' }, body: { enabled: true } });
  const body = { model: bot.params.bot, messages: [{ role: 'user' as const, content: 'ECHO: hello' }] };
  await expect(enclave.client(key.key).openai.chat({ body })).rejects.toMatchObject({ code: 'model_not_allowed' });
  await setRules({});
  expect(await ask(member)).toBe('done');
});

test('rules that the host took away, or set back, are refused and not taken for none', async () => {
  await setRules({ member: { tokensPerDay: 5 } });
  const [row] = await enclave.forge<{ version: number; sealed: Uint8Array }>(
    'select version, sealed from spending_rules where org_id = $1',
    [admin.org],
  );
  await setRules({ member: { tokensPerDay: 0 } });
  await enclave.forge('update spending_rules set version = $2, sealed = $3 where org_id = $1', [admin.org, row?.version, row?.sealed]);
  enclave.advance(1_500);
  expect(await ask(admin)).toBe('integrity_failed');
  await enclave.forge('delete from spending_rules where org_id = $1', [admin.org]);
  enclave.advance(1_500);
  expect(await ask(admin)).toBe('integrity_failed');
});

test('only whoever chooses models sets rules, one for each name, and nobody over a change that was not seen', async () => {
  const other = await enclave.signUp();
  const place = { params: { org: other.org } };
  const member = await join(enclave, other, 'tier2');
  await expect(member.client.usage.setSpending({ ...place, body: { rules: NO_RULES, revision: 0 } })).rejects.toMatchObject({
    code: 'not_allowed',
  });
  await expect(member.client.usage.spending(place)).rejects.toMatchObject({ code: 'not_allowed' });
  const twice = [0, 1].map(() => ({ user: member.user, limit: {} }));
  await expect(
    other.client.usage.setSpending({ ...place, body: { rules: { ...NO_RULES, members: twice }, revision: 0 } }),
  ).rejects.toMatchObject({ code: 'bad_request' });
  expect((await other.client.usage.setSpending({ ...place, body: { rules: NO_RULES, revision: 0 } })).revision).toBe(1);
  await expect(other.client.usage.setSpending({ ...place, body: { rules: NO_RULES, revision: 0 } })).rejects.toMatchObject({
    code: 'conflict',
  });
});
