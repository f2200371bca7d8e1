// The official client, unchanged, against a server on a real port.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RATES } from '@privexbot/contract';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIMULATION_FOLDER } from '../../providers/tee/index.ts';

const TEXT = 'Full-time staff receive 27 days of paid annual leave each calendar year. The canteen opens at noon.';
const QUESTION = 'How many days of annual leave do full-time staff receive?';

let enclave: Enclave;
let admin: Person;
let baseURL: string;
let openai: OpenAI;
let bot: string;

beforeAll(async () => {
  // Nothing listens on the discard port: a model that is down.
  enclave = await startEnclave({ settings: { PRIVEXBOT_MODEL_URL: 'http://127.0.0.1:9/v1' } });
  admin = await enclave.signUp();
  baseURL = `${await enclave.listen()}/openai/v1`;
  ({ bot, openai } = await publish(admin, 'Handbook'));
});
afterAll(() => enclave[Symbol.asyncDispose]());

test('published bots are listed as models, and only those on the API channel', async () => {
  const draft = await admin.client.bots.create({ params: admin, body: { name: 'Draft' } });
  const models = [];
  for await (const model of openai.models.list()) models.push(model);
  expect(models).toEqual([{ id: bot, object: 'model', created: expect.any(Number), owned_by: 'privexbot', name: 'Handbook' }]);
  expect(await openai.models.retrieve(bot)).toMatchObject({ id: bot });
  await expect(openai.models.retrieve(draft.id)).rejects.toThrow(NotFoundError);
});

test('an answer comes whole, with its citations in the field privexbot', async () => {
  const answer = await openai.chat.completions.create({
    model: bot,
    messages: [
      { role: 'system', content: 'You are a pirate.' },
      { role: 'user', content: QUESTION },
    ],
  });
  const [choice] = answer.choices;
  expect(choice).toMatchObject({
    index: 0,
    finish_reason: 'stop',
    message: { role: 'assistant', content: expect.stringContaining('27 days') },
  });
  expect(extensionOf(choice?.message)).toMatchObject({
    outcome: 'answered',
    version: expect.stringMatching(/^ver_/),
    citations: [{ number: 1, documentName: 'Leave', quote: expect.stringContaining('27 days') }],
  });
  expect(answer).toMatchObject({ object: 'chat.completion', model: bot, usage: { total_tokens: expect.any(Number) } });
});

test('an answer streams, with its citations on the last chunk and the usage after it', async () => {
  const stream = await openai.chat.completions.create({
    model: bot,
    messages: [{ role: 'user', content: [{ type: 'text', text: QUESTION }] }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('27 days');
  expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
  expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
  const [last, usage] = chunks.slice(-2);
  expect(last?.choices[0]?.finish_reason).toBe('stop');
  expect(extensionOf(last)).toMatchObject({ outcome: 'answered', citations: [{ number: 1 }] });
  expect(usage).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
});

test("the client's own helper that gathers a stream takes it", async () => {
  const stream = openai.chat.completions.stream({ model: bot, messages: [{ role: 'user', content: QUESTION }] });
  expect(await stream.finalContent()).toContain('27 days');
});

test('a conversation may be sent along, and each question is stored as a turn of its own', async () => {
  const before = await conversations();
  await openai.chat.completions.create({
    model: bot,
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: null },
      { role: 'user', content: QUESTION },
    ],
  });
  expect(await conversations()).toBe(before + 1);
});

test('embeddings come as numbers and as base64, which the client asks for by default', async () => {
  const input = ['annual leave', 'canteen'];
  const plain = await openai.embeddings.create({ model: 'default', input, encoding_format: 'float' });
  const packed = await openai.embeddings.create({ model: 'default', input });
  expect(plain.data.map(({ index }) => index)).toEqual([0, 1]);
  expect(plain.data[0]?.embedding.length).toBeGreaterThan(100);
  for (const [at, { embedding }] of packed.data.entries())
    for (const [dimension, value] of embedding.entries()) expect(value).toBeCloseTo(plain.data[at]?.embedding[dimension] ?? Number.NaN, 4);
  expect(plain.usage.total_tokens).toBeGreaterThan(0);
  await expect(openai.embeddings.create({ model: 'ada', input })).rejects.toMatchObject({ status: 422, code: 'unknown_model' });
});

test('refusals are errors of the classes that programs catch', async () => {
  const ask = (client: OpenAI, model: string, content: string) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  const stranger = new OpenAI({ baseURL, apiKey: 'pxb_wrong', maxRetries: 0 });
  await expect(ask(stranger, bot, QUESTION)).rejects.toThrow(AuthenticationError);
  await expect(ask(openai, 'gpt-4', QUESTION)).rejects.toThrow(NotFoundError);
  await expect(ask(openai, bot, '  ')).rejects.toMatchObject({ status: 422, code: 'question_empty' });
  await expect(ask(openai, bot, 'x'.repeat(8_001))).rejects.toThrow(BadRequestError);
  await expect(openai.chat.completions.create({ model: bot, messages: [] })).rejects.toThrow(BadRequestError);
  const refused: unknown = await ask(openai, 'gpt-4', QUESTION).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ code: 'not_found', type: 'not_found', requestID: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

test('the examples of the documentation run as they stand', async () => {
  const text = await readFile(new URL('../../../../../docs/api.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  expect(examples.length).toBeGreaterThan(1);
  const { key } = await admin.client.apiKeys.create({ params: { org: admin.org }, body: { name: 'examples' } });
  const env = { ...process.env, PRIVEXBOT_URL: new URL(baseURL).origin, PRIVEXBOT_API_KEY: key };
  // As a development build of the SDK has them.
  const roots = await readFile(join(SIMULATION_FOLDER, 'root.pem'), 'utf8');
  const build = `data:text/javascript,globalThis.__PRIVEXBOT_SIMULATION_ROOTS__=${encodeURIComponent(JSON.stringify(roots))}`;
  const run = ['--import', build, '--input-type=module-typescript', '-e', examples.join('\n')];
  const { stdout } = await promisify(execFile)(process.execPath, run, { env });
  expect(stdout).toContain('27 days');
  expect(stdout.match(/documentName: 'Leave'/g)?.length).toBeGreaterThan(0);
});

test("a key opens no other organization's bot", async () => {
  const other = await clientOf(await enclave.signUp());
  expect((await other.models.list()).data).toEqual([]);
  await expect(other.models.retrieve(bot)).rejects.toThrow(NotFoundError);
});

test('a stream that cannot begin is refused with its status, not in the stream', async () => {
  const ask = openai.chat.completions.create({ model: bot, messages: [{ role: 'user', content: ' ' }], stream: true });
  await expect(ask).rejects.toMatchObject({ status: 422, code: 'question_empty' });
  const down = await publish(await enclave.signUp(), 'Down', 'machine');
  for (const stream of [true, false]) {
    const asked = down.openai.chat.completions.create({ model: down.bot, messages: [{ role: 'user', content: QUESTION }], stream });
    await expect(asked).rejects.toMatchObject({ status: 502, code: 'model_unreachable' });
    await expect(asked).rejects.toThrow(InternalServerError);
  }
});

test('a caller who leaves ends the answer, and the server goes on', async () => {
  const controller = new AbortController();
  const stream = await openai.chat.completions.create(
    { model: bot, messages: [{ role: 'user', content: QUESTION }], stream: true },
    { signal: controller.signal },
  );
  for await (const _ of stream) controller.abort();
  expect(controller.signal.aborted).toBe(true);
  const late = new AbortController();
  late.abort();
  await expect(openai.models.list({ signal: late.signal })).rejects.toThrow(APIUserAbortError);
  expect((await openai.models.list()).data).toHaveLength(1);
});

test('too many requests are told when to come back', async () => {
  const { client, org } = await enclave.signUp();
  const { id, key } = await client.apiKeys.create({ params: { org }, body: { name: 'hasty', plain: true } });
  const hasty = new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
  // Others use the key's allowance up all the while.
  const spend = setInterval(() => {
    for (let spent = 0; spent < RATES.invoke.burst; spent++)
      try {
        enclave.context.limiter.take('invoke', id);
      } catch {
        return;
      }
  }, 1);
  const asked = Array.from({ length: 20 }, () =>
    hasty.chat.completions.create({ model: 'none', messages: [{ role: 'user', content: QUESTION }] }).catch((error: unknown) => error),
  );
  const slowed = (await Promise.all(asked).finally(() => clearInterval(spend))).filter((error) => error instanceof RateLimitError);
  expect(slowed.length).toBeGreaterThan(0);
  expect(slowed[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
});

async function clientOf({ client, org }: Person): Promise<OpenAI> {
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'openai', plain: true } });
  return new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
}

async function publish(person: Person, name: string, model: 'grounded' | 'machine' = 'grounded') {
  const { client, org, workspace } = person;
  const { id } = await client.knowledge.create({ params: { org, workspace }, body: { name } });
  const params = { org, workspace, knowledge: id };
  await client.knowledge.add({ params, body: { source: 'paste', title: 'Leave', text: TEXT } });
  for (let state = ''; state !== 'ready'; await new Promise((resolve) => setTimeout(resolve, 50)))
    state = (await client.knowledge.documents({ params })).items[0]?.state ?? '';
  const made = await client.bots.create({ params: { org, workspace }, body: { name, model, knowledgeBases: [id] } });
  const place = { org, workspace, bot: made.id };
  await client.bots.publish({ params: place, body: { revision: made.revision } });
  await client.bots.deploy({ params: { ...place, channel: 'api' }, body: { enabled: true } });
  return { bot: made.id, openai: await clientOf(person) };
}

async function conversations(): Promise<number> {
  const { org, workspace } = admin;
  const [live] = await admin.client.bots.list({ params: { org, workspace } }).then((all) => all.filter(({ id }) => id === bot));
  if (!live) throw new Error('the bot is gone');
  return (await admin.client.bots.conversations({ params: { org, workspace, bot: live.id } })).items.length;
}

/** What the client's types do not know. */
function extensionOf(value: object | undefined): unknown {
  return (value as { privexbot?: unknown } | undefined)?.privexbot;
}
