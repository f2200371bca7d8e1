// Answers under way when their caller loses the right to them: each stops within five seconds, whatever took the right.
import type { AnswerEvent } from '@privexbot/contract';
import { type InBot, join, publishBot } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { createStorage, type Enclave, PASSWORD, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { changeRole } from '../features/auth/change-role.fixture.ts';
import { OpenCalls } from './open-calls.ts';

const WITHIN_MS = 5_000;

let model: ModelServer;
let enclave: Enclave;
let admin: Person;
let params: InBot;
let colleague: Person;
beforeAll(async () => {
  model = await startModelServer();
  model.behaviour = 'falls silent';
  enclave = await startEnclave({ settings: { PRIVEXBOT_MODEL_URL: model.url } });
  admin = await enclave.signUp();
  ({ params } = await publishBot(admin, { model: 'machine' }, 'api'));
});
beforeEach(async () => {
  colleague = await join(enclave, admin, 'tier3');
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

/** Asks, takes the right away once the model has begun, and says what came, and how long it went on. */
async function askWhile(client: Person['client'], takeAway: () => Promise<unknown>) {
  const events: AnswerEvent[] = [];
  const before = model.aborted;
  let taken = 0;
  for await (const event of await client.bots.ask({ params, body: { question: 'Well?' } })) {
    events.push(event);
    if (event.type !== 'text' || taken) continue;
    taken = performance.now();
    await takeAway();
  }
  return { last: events.at(-1), tookMs: performance.now() - taken, abandoned: () => model.aborted - before };
}

test.each([
  ['the member is removed', 'not_found', () => changeRole(enclave.context, { user: colleague.user, org: admin.org }, undefined)],
  ['the role is lowered', 'not_allowed', () => changeRole(enclave.context, { user: colleague.user, org: admin.org }, 'tier4')],
  [
    'the session is ended elsewhere',
    'not_signed_in',
    async () => {
      const { session } = await colleague.client.auth.me();
      const other = enclave.client();
      await other.auth.signIn({ body: colleague });
      await other.auth.endSession({ params: { session } });
    },
  ],
  [
    'the password is changed elsewhere',
    'not_signed_in',
    async () => {
      const other = enclave.client();
      await other.auth.signIn({ body: colleague });
      await other.auth.changePassword({ body: { current: PASSWORD, password: 'another good password' } });
    },
  ],
])('%s: the answer ends with %s, and its model is told to stop', async (_, code, takeAway) => {
  const { last, tookMs, abandoned } = await askWhile(colleague.client, takeAway);
  expect(last).toMatchObject({ type: 'failed', code });
  expect(tookMs).toBeLessThan(WITHIN_MS);
  await expect.poll(abandoned).toBe(1);
  const { items } = await admin.client.audit.list({ params: { org: admin.org }, query: { action: 'access.ended' } });
  expect(items[0]?.facts).toMatchObject({ code, endpoint: expect.stringContaining('/messages') });
});

test('a body that comes slowly is acted on only where its sender may still do that once it is all there', async () => {
  const member = await join(enclave, admin, 'tier1');
  const { org, workspace } = admin;
  const bytes = new TextEncoder().encode('abcdef');
  const { id: upload } = await member.client.uploads.start({ params: { org }, body: { name: 'a.txt', sizeBytes: bytes.length } });
  const json = new TextEncoder().encode(JSON.stringify({ name: 'Taken over' }));
  const slow: [string, string, Uint8Array<ArrayBuffer>][] = [
    ['PUT', `/v1/organizations/${org}/uploads/${upload}/parts/0`, bytes],
    ['PATCH', `/v1/organizations/${org}/workspaces/${workspace}`, json],
  ];
  const gate = Promise.withResolvers<void>();
  const calls = slow.map(async ([method, path, content]) => {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(content.slice(0, 3));
        await gate.promise;
        controller.enqueue(content.slice(3));
        controller.close();
      },
    });
    const init = { method, body, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit;
    const response = await member.transport(new Request(`http://127.0.0.1${path}`, init));
    return (await response.json()) as { error?: { code: string } };
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await admin.client.members.change({ params: { org, member: member.user }, body: { role: 'tier4' } });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  gate.resolve();
  expect((await Promise.all(calls)).map(({ error }) => error?.code)).toEqual(['not_allowed', 'not_allowed']);
  const { organizations } = await admin.client.auth.me();
  expect(organizations[0]?.workspaces.map(({ name }) => name)).toEqual(['General']);
  await admin.client.members.change({ params: { org, member: member.user }, body: { role: 'tier1' } });
  expect((await member.client.uploads.get({ params: { org, upload } })).received).toEqual([]);
});

test('a key that is revoked ends the answer it is reading', async () => {
  const { id, key } = await colleague.client.apiKeys.create({ params: admin, body: { name: 'reader' } });
  const revoke = () => colleague.client.apiKeys.revoke({ params: { org: admin.org, key: id } });
  const { last, tookMs } = await askWhile(enclave.client(key), revoke);
  expect(last).toMatchObject({ type: 'failed', code: 'not_signed_in' });
  expect(tookMs).toBeLessThan(WITHIN_MS);
});

test('through the OpenAI-compatible API the answer is cut, and the rest of it never leaves', async () => {
  const { key } = await colleague.client.apiKeys.create({ params: admin, body: { name: 'openai' } });
  const send = enclave.transport(key);
  const body = JSON.stringify({ model: params.bot, stream: true, messages: [{ role: 'user', content: 'Well?' }] });
  const response = await send(
    new Request('http://127.0.0.1/openai/v1/chat/completions', { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
  );
  const reader = response.body?.getReader();
  if (!reader) throw new Error('no body');
  await reader.read();
  await changeRole(enclave.context, { user: colleague.user, org: admin.org }, undefined);
  const started = performance.now();
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow();
  expect(performance.now() - started).toBeLessThan(WITHIN_MS);
});

test('others read on, and so does who lost nothing', async () => {
  const other = await join(enclave, admin, 'tier3');
  const { last } = await askWhile(colleague.client, async () => {
    await changeRole(enclave.context, { user: other.user, org: admin.org }, undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // Still open: only now is its own right taken.
    await changeRole(enclave.context, { user: colleague.user, org: admin.org }, 'tier4');
  });
  expect(last).toMatchObject({ type: 'failed', code: 'not_allowed' });
});

test('what another server takes ends the answer here', async () => {
  await using storage = await createStorage();
  const settings = { PRIVEXBOT_MODEL_URL: model.url };
  await using one = await startEnclave({ storage, settings, isReplica: true });
  await using two = await startEnclave({ storage, settings, isReplica: true });
  const boss = await one.signUp();
  const { params: asked } = await publishBot(boss, { model: 'machine' });
  const reader = await join(one, boss, 'tier3');
  let taken = 0;
  let last: AnswerEvent | undefined;
  for await (const event of await reader.client.bots.ask({ params: asked, body: { question: 'Well?' } })) {
    last = event;
    if (event.type !== 'text' || taken) continue;
    await changeRole(two.context, { user: reader.user, org: boss.org }, undefined);
    taken = performance.now();
  }
  expect(performance.now() - taken).toBeLessThan(WITHIN_MS);
  expect(last).toMatchObject({ type: 'failed', code: 'not_found' });
});

test('a database that is away ends nothing, and what is closed is asked about no more', async () => {
  let changes = 0;
  let asked = 0;
  let failure: Error = new AppError('unavailable');
  const calls = new OpenCalls(() => changes);
  const ended: string[] = [];
  const recheck = async () => {
    asked++;
    throw failure;
  };
  const call = calls.open(new AbortController().signal, recheck, ({ code }) => void ended.push(code));
  changes++;
  await expect.poll(() => asked).toBe(1);
  expect(call.signal.aborted).toBe(false);
  failure = new AppError('not_found');
  changes++;
  await expect.poll(() => ended).toEqual(['not_found']);
  expect(call.signal.aborted).toBe(true);
  changes++;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(asked).toBe(2);
});
