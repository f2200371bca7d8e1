// Knowledge bases, documents, passages and vectors, changed in the database.
import type { DocumentId } from '@privexbot/contract';
import { expectRefused, forgeRow, readRow } from '@privexbot/testing/forgery.ts';
import { createStorage, type Enclave, type Person, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let storage: Storage;
let enclave: Enclave;
let admin: Person;
beforeAll(async () => {
  storage = await createStorage();
  enclave = await startEnclave({ storage });
  admin = await enclave.signUp();
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
});

/** A knowledge base with two documents, of which the first has been replaced once. */
async function makeKnowledge() {
  const { client, org, workspace } = admin;
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Prices' } });
  const params = { org, workspace, knowledge };
  const add = async (title: string, text: string) => {
    const { id } = await client.knowledge.add({ params, body: { source: 'paste', title, text } });
    const get = () => client.knowledge.document({ params: { ...params, document: id } });
    await expect.poll(async () => [(await get()).state, (await get()).embedded], { timeout: 30_000 }).toEqual(['ready', 1]);
    return id;
  };
  await add('wood', 'Oak costs ten crowns.');
  const { passage: old } = await rowsOf(await add('metal', 'Iron costs two crowns.'));
  const other = await add('metal', 'Iron costs three crowns.');
  const document = await add('wood', 'Oak costs twenty crowns.');
  const search = (text: string) => client.knowledge.search({ params, body: { text, limit: 5 } });
  return { params, document, other, old, search };
}

async function rowsOf(id: DocumentId) {
  const row = await readRow(enclave, 'documents', { id });
  const at = { document_id: id, content_version: row.content_version, ordinal: 0 };
  return { row, at, passage: await readRow(enclave, 'passages', at) };
}

test.each(['another document', 'its own earlier version'])('a passage exchanged for that of %s', async (source) => {
  const { params, document, other, old, search } = await makeKnowledge();
  const { passage } = await rowsOf(document);
  const { at } = await rowsOf(other);
  {
    await using _forged = await forgeRow(enclave, 'passages', at, { sealed: source === 'another document' ? passage.sealed : old.sealed });
    await expectRefused(() => search('What does it cost?'), admin, 'passages', `${other}/0`);
    const read = () => admin.client.knowledge.passages({ params: { ...params, document: other } });
    await expectRefused(read, admin, 'passages', `${other}/0`);
  }
  const { hits } = await search('What does iron cost?');
  expect(hits[0]?.passage.text).toBe('Iron costs three crowns.');
});

test('a forged passage reaches no answer of a bot', async () => {
  const { params, document, other, search } = await makeKnowledge();
  const { org, workspace, knowledge } = params;
  const bot = await admin.client.bots.create({ params: { org, workspace }, body: { name: 'Help', knowledgeBases: [knowledge] } });
  const ask = async () =>
    Array.fromAsync(
      await admin.client.bots.preview({ params: { org, workspace, bot: bot.id }, body: { question: 'What does oak cost?' } }),
    );
  const { at } = await rowsOf(document);
  const { passage } = await rowsOf(other);
  {
    await using _forged = await forgeRow(enclave, 'passages', at, { sealed: passage.sealed });
    expect((await ask()).at(-1)).toMatchObject({ type: 'failed', code: 'integrity_failed' });
    await expectRefused(() => search('oak'), admin, 'passages', `${document}/0`);
  }
  expect((await ask()).at(-1)).toMatchObject({ type: 'done' });
});

test('a document set back to its earlier content, or given the seal of another', async () => {
  const { params, document, other } = await makeKnowledge();
  const theirs = await rowsOf(other);
  for (const change of [
    { content_version: 1 },
    { state: 'queued' },
    { user_id: 'usr_00000000000000000000000000' },
    { sealed: theirs.row.sealed },
  ]) {
    await using _forged = await forgeRow(enclave, 'documents', { id: document }, change);
    await expectRefused(() => admin.client.knowledge.documents({ params }), admin, 'documents', document);
  }
  expect((await admin.client.knowledge.documents({ params })).items).toHaveLength(2);
});

test('a document moved to a knowledge base of another workspace', async () => {
  const { params, document } = await makeKnowledge();
  const { id: workspace } = await admin.client.organizations.createWorkspace({ params: admin, body: { name: 'Elsewhere' } });
  const { id: knowledge } = await admin.client.knowledge.create({ params: { ...params, workspace }, body: { name: 'Mine' } });
  await using _forged = await forgeRow(enclave, 'documents', { id: document }, { knowledge_base_id: knowledge });
  const read = () => admin.client.knowledge.document({ params: { ...params, workspace, knowledge, document } });
  await expectRefused(read, admin, 'documents', document);
});

test('a knowledge base moved to another workspace, or given the key of another', async () => {
  const { params } = await makeKnowledge();
  const { params: other } = await makeKnowledge();
  const { id: workspace } = await admin.client.organizations.createWorkspace({ params: admin, body: { name: 'Elsewhere' } });
  const id = params.knowledge;
  {
    await using _moved = await forgeRow(enclave, 'knowledge_bases', { id }, { workspace_id: workspace });
    await expectRefused(() => admin.client.knowledge.get({ params: { ...params, workspace } }), admin, 'knowledge_bases', id);
  }
  const { data_key } = await readRow(enclave, 'knowledge_bases', { id: other.knowledge });
  await using _forged = await forgeRow(enclave, 'knowledge_bases', { id }, { data_key });
  await expectRefused(() => admin.client.knowledge.get({ params }), admin, 'knowledge_bases', id);
});

test('an upload taken over by another person', async () => {
  const { client, org, workspace } = admin;
  const email = 'colleague@example.com';
  const { link } = await client.organizations.invite({ params: { org }, body: { email, role: 'tier2' } });
  const colleague = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
  const { id } = await client.uploads.start({ params: { org }, body: { name: 'secret.txt', sizeBytes: 3 } });
  await client.uploads.putPart({ params: { org, upload: id, part: 0 }, body: new TextEncoder().encode('abc') });
  await using _forged = await forgeRow(enclave, 'uploads', { id }, { user_id: colleague.user });
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Mine' } });
  const add = () => colleague.client.knowledge.add({ params: { org, workspace, knowledge }, body: { source: 'upload', upload: id } });
  await expectRefused(add, admin, 'uploads', id);
});

test('vectors exchanged in the database do not get into the search of the next start', async () => {
  const { document, other, params } = await makeKnowledge();
  const mine = await rowsOf(document);
  const { sealed } = await readRow(enclave, 'passage_vectors', (await rowsOf(other)).at);
  await using _forged = await forgeRow(enclave, 'passage_vectors', mine.at, { sealed });
  await using next = await startEnclave({ storage });
  const again = next.client();
  await again.auth.signIn({ body: admin });
  const search = () => again.knowledge.search({ params, body: { text: 'oak' } });
  await expectRefused(search, { ...admin, client: again }, 'passage_vectors', `${document}/0/${enclave.context.embedder.model}`);
});
