// What a server finds again when it starts: rows alone, a sealed snapshot, or one that somebody changed.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, uploadFile } from '@privexbot/sdk';
import { type InKnowledge, makeKnowledge, waitUntilRead } from '@privexbot/testing/desk.ts';
import { forgeRow } from '@privexbot/testing/forgery.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { createStorage, type Enclave, type Person, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SNAPSHOT_FROM } from './indexes.ts';

let embeddings: ModelServer;
let storage: Storage;
let enclave: Enclave;
let admin: Person;
beforeEach(async () => {
  embeddings = await startModelServer();
  storage = await createStorage();
  await start();
  admin = await enclave.signUp();
});
afterEach(async () => {
  await enclave[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await embeddings[Symbol.asyncDispose]();
});

async function start(model = 'first') {
  const settings = { PRIVEXBOT_EMBEDDINGS_URL: embeddings.url, PRIVEXBOT_EMBEDDINGS_MODEL: model };
  enclave = await startEnclave({ storage, settings });
}

async function restart(model?: string): Promise<void> {
  await enclave[Symbol.asyncDispose]();
  await start(model);
  const transport = enclave.transport();
  const client = createClient(transport);
  await client.auth.signIn({ body: { email: admin.email, password: admin.password } });
  admin = { ...admin, client, transport };
}

async function search(params: InKnowledge, text: string): Promise<string[]> {
  const { hits } = await admin.client.knowledge.search({ params, body: { text, limit: 3 } });
  return hits.map(({ passage }) => passage.text.slice(0, 40));
}

/** Each paragraph is a passage of two sentences. */
async function uploadItems(params: InKnowledge, count: number) {
  const filler = `and ${'so on and so forth '.repeat(50).trim()}`;
  const text = Array.from({ length: count }, (_, i) => `Item number${i} costs ${i} crowns. This ${filler}.`).join('\n\n');
  const upload = await uploadFile(admin.client, { org: admin.org, file: new Blob([text]), name: 'items.txt' });
  return admin.client.knowledge.add({ params, body: { source: 'upload', upload } });
}

test('an index is rebuilt from its rows', async () => {
  const params = await makeKnowledge(admin, { leave: 'Staff receive 27 days of leave.', dogs: 'Dogs wait at the gate.' });
  const before = await admin.client.knowledge.search({ params, body: { text: 'days of leave for staff' } });
  await restart();
  const after = await admin.client.knowledge.search({ params, body: { text: 'days of leave for staff' } });
  const near = (value: number) => expect.closeTo(value, 5);
  expect(after.hits).toEqual(
    before.hits.map((hit) => ({ ...hit, score: near(hit.score), words: near(hit.words), meaning: near(hit.meaning) })),
  );
  expect(after.hits[0]?.meaning).toBeGreaterThan(0);
});

test('after a change of the embedding model vectors of the one before are not compared with, and are made again', async () => {
  const params = await makeKnowledge(admin, { leave: 'Staff receive 27 days of leave.', dogs: 'Dogs wait at the gate.' });
  await waitUntilRead(admin, params);
  const meaning = async () =>
    (await admin.client.knowledge.search({ params, body: { text: 'days of leave for staff' } })).hits.map((hit) => hit.meaning);
  const models = async () =>
    (await enclave.forge<{ model: string }>('select distinct model from passage_vectors')).map(({ model }) => model);
  expect((await meaning())[0]).toBeGreaterThan(0);
  embeddings.delayMs = 300;
  await restart('second');
  expect(await meaning()).toEqual([0]); // found by words
  await expect.poll(async () => (await meaning())[0], { timeout: 20_000 }).toBeGreaterThan(0);
  await expect.poll(models, { timeout: 20_000 }).toEqual(['second']);
});

test('a document that was embedded in part is completed', async () => {
  const params = await makeKnowledge(admin);
  embeddings.delayMs = 100;
  const { id: document } = await uploadItems(params, 300);
  const get = () => admin.client.knowledge.document({ params: { ...params, document } });
  await expect.poll(async () => (await get()).embedded, { timeout: 40_000, interval: 20 }).toBeGreaterThan(0);
  await restart();
  const { embedded, passages, state } = await get();
  expect(state).toBe('ready');
  expect(embedded).toBeGreaterThan(0);
  expect(embedded).toBeLessThan(passages);
  expect(await search(params, 'number250')).toContainEqual(expect.stringContaining('Item number250 '));
  embeddings.delayMs = 0;
  await waitUntilRead(admin, params);
  const { totals } = await admin.client.usage.read({ params: admin });
  const vectors = await enclave.forge('select 1 from passage_vectors where document_id = $1', [document]);
  expect(vectors).toHaveLength(passages);
  expect(totals.embedded_texts).toBeLessThan(3 * passages); // each passage once
});

test('a large index comes from its sealed snapshot, unless that was changed, and leaves with what was deleted', {
  timeout: 240_000,
}, async () => {
  const params = await makeKnowledge(admin);
  const { id: document } = await uploadItems(params, SNAPSHOT_FROM + 50);
  await waitUntilRead(admin, params);
  const { passages } = await admin.client.knowledge.get({ params });
  expect(passages).toBeGreaterThanOrEqual(SNAPSHOT_FROM);
  const place = { document_id: document, ordinal: 7 };
  const damage = { sealed: Buffer.alloc(80) };
  const found = [expect.stringContaining('Item number1234 ')];

  await restart();
  {
    // Where a row cannot be opened, an index that is found all the same did not come from the rows.
    await using _forged = await forgeRow(enclave, 'passages', place, damage);
    expect(await search(params, 'number1234')).toEqual(expect.arrayContaining(found));
  }

  await enclave[Symbol.asyncDispose]();
  const folder = join(storage.blobFolder, admin.org, params.knowledge);
  const part = join(folder, '1');
  const bytes = await readFile(part);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(part, bytes);
  await restart();
  {
    await using _forged = await forgeRow(enclave, 'passages', place, damage);
    await expect(search(params, 'number1234')).rejects.toMatchObject({ code: 'integrity_failed' });
  }
  expect(await search(params, 'number1234')).toEqual(expect.arrayContaining(found));

  await admin.client.knowledge.deleteDocument({ params: { ...params, document } });
  await restart();
  expect(await readdir(folder).catch(() => 'gone')).toBe('gone');
  expect(await search(params, 'number1234')).toEqual([]);
});
