import { createHash } from 'node:crypto';
import type { AnswerEvent } from '@privexbot/contract';
import { uploadFile } from '@privexbot/sdk';
import { join, makeKnowledge, publishBot, storedKeys } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { tinyGguf } from '@privexbot/testing/tiny-gguf.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const SECRET = 'sk-very-secret-9876';
const onLinux = test.skipIf(process.platform !== 'linux');

let server: ModelServer;
let other: ModelServer;
let enclave: Enclave;
let admin: Person;
beforeAll(async () => {
  server = await startModelServer();
  other = await startModelServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_MODEL_URL: server.url, PRIVEXBOT_PRIVATE_HOSTS: other.host } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});
beforeEach(async () => {
  server.behaviour = 'answers';
  admin = await enclave.signUp();
});

async function addEndpoint(url = server.url, key: string | undefined = SECRET) {
  const body = { provider: 'openai-compatible', name: 'Ours', url, model: 'test', ...(key ? { key } : {}) } as const;
  const model = await admin.client.models.add({ params: admin, body });
  if (model.id === 'grounded' || model.id === 'machine') throw new Error('not an added model');
  return { ...model, params: { org: admin.org, model: model.id } };
}

async function uploadModel(bytes: Uint8Array<ArrayBuffer>) {
  return uploadFile(admin.client, { org: admin.org, file: new Blob([bytes]), name: 'tiny.gguf', purpose: 'model' });
}

async function ask(question: string, model: Awaited<ReturnType<typeof addEndpoint>>['id']): Promise<AnswerEvent[]> {
  const { params } = await publishBot(admin, { model, maxOutputTokens: 16 });
  return Array.fromAsync(await admin.client.bots.ask({ params, body: { question } }));
}

test('the built-in and the machine’s model are always there, and the machine’s answers', async () => {
  expect(await admin.client.models.list({ params: admin })).toMatchObject([
    { id: 'grounded', destination: 'this machine' },
    { id: 'machine', destination: server.host },
  ]);
  expect((await ask('ECHO: hello', 'machine')).at(-1)).toMatchObject({ type: 'done', model: 'machine', tokens: { input: 11, output: 7 } });
});

test('an endpoint is discovered, added, tested, changed and removed', async () => {
  const { models } = admin.client;
  expect(await models.discover({ params: admin, body: { url: server.url } })).toEqual({ models: ['test'] });
  const { params, ...added } = await addEndpoint();
  expect(added).toMatchObject({ provider: 'openai-compatible', destination: server.host, keyEnding: '9876', model: 'test' });
  expect(await models.test({ params })).toMatchObject({ ok: true, answer: server.answer });
  expect(server.last.authorization).toBe(`Bearer ${SECRET}`);
  expect(await models.change({ params, body: { name: 'Renamed', contextTokens: 4_096 } })).toMatchObject({
    name: 'Renamed',
    keyEnding: '9876',
  });
  expect(await models.list({ params: admin })).toContainEqual(expect.objectContaining({ id: added.id, contextTokens: 4_096 }));
  await models.remove({ params });
  await expect(models.test({ params })).rejects.toMatchObject({ code: 'not_found' });
});

test('a key is never shown, and goes to no other server than the one it was entered for', async () => {
  const { models } = admin.client;
  const { params } = await addEndpoint();
  const shown = await admin.transport(new Request(`http://test/v1/organizations/${admin.org}/models`));
  expect(await shown.text()).not.toContain('very-secret');
  const moved = await models.change({ params, body: { url: other.url } });
  expect(moved).toMatchObject({ destination: other.host });
  expect(moved.keyEnding).toBeUndefined();
  await models.test({ params });
  expect(other.last.authorization).toBeUndefined();
  expect(await models.change({ params, body: { url: server.url, key: 'new-key-1234' } })).toMatchObject({ keyEnding: '1234' });
  expect(await models.change({ params, body: { url: `${server.url}/` } })).toMatchObject({ keyEnding: '1234' });
  expect((await models.change({ params, body: { key: '' } })).keyEnding).toBeUndefined();
});

test('a failing test is a result that says what to do, and counts nothing', async () => {
  const { params } = await addEndpoint();
  for (const [behaviour, code] of [
    ['is rate limited', 'model_rate_limited'],
    ['rejects the key with an echo', 'model_rejected_key'],
    ['sends no JSON', 'model_bad_answer'],
    ['fails with an echo', 'model_unreachable'],
  ] as const) {
    server.behaviour = behaviour;
    const result = await admin.client.models.test({ params });
    expect(result).toMatchObject({ ok: false, code, message: expect.stringMatching(/\.$/) });
    expect(JSON.stringify(result)).not.toContain('Say hello');
  }
  expect((await admin.client.usage.read({ params: admin })).totals).toMatchObject({ model_calls: 0, input_tokens: 0 });
  server.behaviour = 'answers';
  await admin.client.models.test({ params });
  expect((await admin.client.usage.read({ params: admin })).totals).toMatchObject({ model_calls: 1, input_tokens: 11, output_tokens: 7 });
});

test('a private address that is typed on a screen is refused, with the setting that would allow it', async () => {
  const refused = { code: 'private_address', message: expect.stringContaining('PRIVEXBOT_PRIVATE_HOSTS') };
  const { params } = await addEndpoint();
  for (const url of [
    'http://127.0.0.1:9/v1',
    'http://localhost:9/v1',
    'http://10.0.0.7/v1',
    'http://[::1]:9/v1',
    'http://169.254.169.254/',
  ]) {
    await expect(addEndpoint(url)).rejects.toMatchObject(refused);
    await expect(admin.client.models.change({ params, body: { url } })).rejects.toMatchObject(refused);
    await expect(admin.client.models.discover({ params: admin, body: { url } })).rejects.toMatchObject(refused);
  }
  await expect(addEndpoint(`http://user:password@${server.host}/v1`)).rejects.toMatchObject({
    code: 'bad_request',
    details: { field: 'url' },
  });
});

test('models are managed by those who may, and known to their organization only', async () => {
  const { params } = await addEndpoint();
  const colleague = await join(enclave, admin, 'tier2');
  await expect(colleague.client.models.change({ params, body: { name: 'Mine' } })).rejects.toMatchObject({ code: 'not_allowed' });
  const stranger = await enclave.signUp();
  await expect(stranger.client.models.test({ params: { ...params, org: stranger.org } })).rejects.toMatchObject({ code: 'not_found' });
});

test('a model that a bot uses, live or in its draft, stays', async () => {
  const { params, id } = await addEndpoint();
  const { client, org, workspace } = admin;
  const published = await publishBot(admin, { model: id });
  const draft = await client.bots.get({ params: published.params });
  const settings = { ...draft.settings, model: 'grounded' as const };
  await client.bots.change({ params: published.params, body: { settings, revision: draft.revision } });
  await expect(client.models.remove({ params })).rejects.toMatchObject({ code: 'in_use', details: { users: 'one bot' } });
  await client.bots.delete({ params: published.params });
  const { id: bot } = await client.bots.create({ params: { org, workspace }, body: { name: 'Draft', model: id } });
  await expect(client.models.remove({ params })).rejects.toMatchObject({ code: 'in_use' });
  await client.bots.delete({ params: { org, workspace, bot } });
  await client.models.remove({ params });
});

test('a bot is never left with a model that is removed in the same moment', async () => {
  const { client, org, workspace } = admin;
  for (let round = 0; round < 10; round++) {
    const { params, id } = await addEndpoint();
    const [removed, created] = await Promise.allSettled([
      client.models.remove({ params }),
      client.bots.create({ params: { org, workspace }, body: { name: 'Hasty', model: id } }),
    ]);
    expect([removed.status, created.status].sort()).toEqual(['fulfilled', 'rejected']);
  }
});

onLinux('a model file answers on this machine, and is destroyed with its key', async () => {
  const bytes = new Uint8Array(tinyGguf());
  const keys = await storedKeys(enclave);
  const upload = await uploadModel(bytes);
  const added = await admin.client.models.add({ params: admin, body: { provider: 'llama', name: 'Tiny', upload, threads: 1 } });
  expect(added).toMatchObject({
    provider: 'llama',
    destination: 'this machine',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  if (added.id === 'grounded' || added.id === 'machine') throw new Error('not an added model');
  const events = await ask('Hello', added.id);
  expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(0);
  expect(events.at(-1)).toMatchObject({ type: 'done', model: added.id, tokens: { output: expect.any(Number) } });
  const { workspace, org } = admin;
  for (const { id: bot } of await admin.client.bots.list({ params: { org, workspace } }))
    await admin.client.bots.delete({ params: { org, workspace, bot } });
  await admin.client.models.remove({ params: { org, model: added.id } });
  expect(await storedKeys(enclave)).toEqual(keys);
});

test('a file that is no model, is cut off or is missing parts is refused, and does not stay', async () => {
  const keys = await storedKeys(enclave);
  const whole = new Uint8Array(tinyGguf());
  const files = [new TextEncoder().encode('A recipe for soup.'), whole.slice(0, 300), whole.slice(0, whole.length / 2), new Uint8Array()];
  for (const bytes of files) {
    const upload = await uploadModel(bytes);
    const refused = admin.client.models.add({ params: admin, body: { provider: 'llama', name: 'Bad', upload } });
    await expect(refused).rejects.toMatchObject({ code: 'model_file_refused', details: { reason: expect.any(String) } });
    await expect(admin.client.uploads.get({ params: { org: admin.org, upload } })).rejects.toMatchObject({ code: 'not_found' });
  }
  expect(await storedKeys(enclave)).toEqual(keys);
  const { id } = await admin.client.uploads.start({ params: admin, body: { name: 'm.gguf', sizeBytes: 5, purpose: 'model' } });
  const early = admin.client.models.add({ params: admin, body: { provider: 'llama', name: 'Early', upload: id } });
  await expect(early).rejects.toMatchObject({ code: 'upload_incomplete' });
});

test('a bot with knowledge asks its model', async () => {
  const { params, id } = await addEndpoint();
  const { knowledge } = await makeKnowledge(admin, { leave: 'Staff receive 27 days of leave.' });
  const bot = await publishBot(admin, { model: id, knowledgeBases: [knowledge] });
  const events = await Array.fromAsync(await admin.client.bots.ask({ params: bot.params, body: { question: 'How many days of leave?' } }));
  expect(events.at(-1)).toMatchObject({ type: 'done', model: params.model });
  expect(server.last.messages[0]?.content).toContain('Staff receive 27 days of leave.');
});
