import type { DocumentId } from '@privexbot/contract';
import { uploadFile } from '@privexbot/sdk';
import { type InKnowledge, join, makeKnowledge, publishBot, storedKeys, waitUntilRead } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const BINARY = new Uint8Array([0, 1, 2, 3, 255, 254, 0, 0, 7]);
const LEAVE = 'Staff receive 27 days of annual leave.';

let web: ModelServer; // serves pages too
let enclave: Enclave;
let admin: Person;
beforeAll(async () => {
  web = await startModelServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_PRIVATE_HOSTS: web.host } });
  admin = await enclave.signUp();
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

const paste = (params: InKnowledge, title: string, text: string, person = admin) =>
  person.client.knowledge.add({ params, body: { source: 'paste', title, text } });

async function upload(params: InKnowledge, name: string, content: string | Uint8Array<ArrayBuffer>, person = admin) {
  const id = await uploadFile(person.client, { org: person.org, file: new Blob([content]), name });
  return person.client.knowledge.add({ params, body: { source: 'upload', upload: id } });
}

async function search(params: InKnowledge, text: string): Promise<string[]> {
  const { hits } = await admin.client.knowledge.search({ params, body: { text } });
  return hits.map(({ passage }) => passage.text);
}

const get = (params: InKnowledge, document: DocumentId) => admin.client.knowledge.document({ params: { ...params, document } });

/** `done`, or the code of the refusal. */
const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);

/** Of several passages; the child that reads it takes longer to start than the test to look. */
const long = (word: string) => `The ${word} is in the hall. ${'Nothing of interest happened on that day. '.repeat(100)}`;

test('the same file again changes nothing; other bytes under its name make a new version', async () => {
  const params = await makeKnowledge(admin);
  const first = await upload(params, 'leave.txt', LEAVE);
  expect(first).toMatchObject({ version: 1, unchanged: false, state: 'queued', own: true });
  await waitUntilRead(admin, params);
  const keys = await storedKeys(enclave);
  expect(await upload(params, 'leave.txt', LEAVE)).toMatchObject({ id: first.id, version: 1, unchanged: true, state: 'ready' });
  expect(await storedKeys(enclave)).toEqual(keys);
  expect(await upload(params, 'leave.txt', 'Staff receive 30 days of annual leave.')).toMatchObject({
    id: first.id,
    version: 2,
    unchanged: false,
  });
  await waitUntilRead(admin, params);
  expect(await search(params, 'annual leave')).toEqual(['Staff receive 30 days of annual leave.']);
  expect((await storedKeys(enclave)).size).toBe(keys.size); // the first version's key is gone
  expect((await admin.client.knowledge.get({ params })).documents).toBe(1);
});

test('the version before answers until the new one is read', async () => {
  const params = await makeKnowledge(admin, { note: 'The lamp is in the cellar.' });
  const { id } = await paste(params, 'note', long('lamp'));
  const seen = new Set<string>();
  for (let state = ''; state !== 'ready'; ) {
    const [text = 'nothing'] = await search(params, 'Where is the lamp?');
    seen.add(text.slice(0, 26).trim());
    ({ state } = await get(params, id));
  }
  expect(await search(params, 'Where is the lamp?')).toContainEqual(expect.stringContaining('The lamp is in the hall.'));
  seen.delete('The lamp is in the hall. N');
  expect([...seen]).toEqual(['The lamp is in the cellar.']);
});

test('a new version that cannot be read leaves the answers of the one before, and can be retried', async () => {
  const params = await makeKnowledge(admin);
  const { id } = await upload(params, 'leave.txt', LEAVE);
  await waitUntilRead(admin, params);
  await upload(params, 'leave.txt', BINARY);
  await waitUntilRead(admin, params);
  expect(await get(params, id)).toMatchObject({ state: 'failed', failure: expect.any(String), version: 2, passages: 1 });
  expect(await search(params, 'annual leave')).toEqual([LEAVE]);
  const retried = await admin.client.knowledge.retry({ params: { ...params, document: id } });
  expect(retried).toMatchObject({ state: 'queued', version: 2 });
  expect(retried.failure).toBeUndefined();
  await waitUntilRead(admin, params);
  expect((await get(params, id)).state).toBe('failed');
  expect(await upload(params, 'leave.txt', LEAVE)).toMatchObject({ id, version: 3, unchanged: false });
  await waitUntilRead(admin, params);
  expect((await get(params, id)).state).toBe('ready');
});

test('a reading can be cancelled and begun again, as often as one likes', async () => {
  const params = await makeKnowledge(admin);
  const { id } = await paste(params, 'long', long('map').repeat(10));
  const place = { params: { ...params, document: id } };
  for (let round = 0; round < 3; round++) {
    await expect.poll(async () => (await get(params, id)).state, { timeout: 20_000, interval: 10 }).toBe('reading');
    expect((await admin.client.knowledge.cancel(place)).state).toBe('cancelled');
    expect((await admin.client.knowledge.retry(place)).state).toBe('queued');
  }
  await expect.poll(async () => (await get(params, id)).state, { timeout: 20_000 }).toBe('ready');
  expect(await search(params, 'Where is the map?')).toContainEqual(expect.stringContaining('The map is in the hall.'));
  const { passages } = await get(params, id);
  const stored = await enclave.forge<{ count: string }>('select count(*) from passages where document_id = $1', [id]);
  expect(Number(stored[0]?.count)).toBe(passages);
});

test('a reading that was cancelled leaves no passages behind', async () => {
  const params = await makeKnowledge(admin);
  const { id } = await upload(params, 'long.txt', long('map').repeat(2_000)); // seconds to read, so that it can't be over by the time of the call
  const count = async () => (await enclave.forge('select 1 from passages where document_id = $1', [id])).length;
  await expect.poll(count, { timeout: 30_000, interval: 2 }).toBeGreaterThan(0);
  expect((await admin.client.knowledge.cancel({ params: { ...params, document: id } })).state).toBe('cancelled');
  await expect.poll(count, { timeout: 10_000 }).toBe(0);
});

test('a document that is deleted leaves answers at once, also while it is read', async () => {
  const params = await makeKnowledge(admin, { leave: LEAVE, dogs: 'Dogs wait at the gate.' });
  const keys = await storedKeys(enclave);
  expect(await search(params, 'annual leave')).toContain(LEAVE);
  const { items } = await admin.client.knowledge.documents({ params });
  const document = items.find(({ name }) => name === 'leave')?.id ?? ('' as DocumentId);
  await admin.client.knowledge.deleteDocument({ params: { ...params, document } });
  expect(await search(params, 'annual leave')).not.toContain(LEAVE);
  expect((await storedKeys(enclave)).size).toBe(keys.size - 1);
  expect(await outcome(get(params, document))).toBe('not_found');
  const { id } = await paste(params, 'long', long('map').repeat(100));
  await expect.poll(async () => (await get(params, id)).state, { timeout: 20_000, interval: 10 }).toBe('reading');
  await admin.client.knowledge.deleteDocument({ params: { ...params, document: id } });
  expect(await search(params, 'Where is the map?')).not.toContainEqual(expect.stringContaining('map'));
  const left = await enclave.forge('select 1 from passages where document_id = any($1)', [[id, document]]);
  expect(left).toEqual([]);
});

test('the passages of a document tile its text', async () => {
  const text = `# Harbour\n\nShips wait.\r\n\r\n## Fees\n\n${'Nine crowns are due at the gate 🎉. '.repeat(100).trim()}\n\nEnd.`;
  const params = await makeKnowledge(admin);
  const { id } = await paste(params, 'harbour', text);
  await waitUntilRead(admin, params);
  const passages = [];
  for (let total = 1; passages.length < total; ) {
    const page = await admin.client.knowledge.passages({ params: { ...params, document: id }, query: { from: passages.length, limit: 3 } });
    passages.push(...page.items);
    ({ total } = page);
  }
  expect(passages.length).toBeGreaterThan(3);
  expect(passages.map(({ ordinal }) => ordinal)).toEqual(passages.map((_, i) => i));
  expect(passages.map(({ text: part }) => part).join('') === text.replaceAll('\r\n', '\n')).toBe(true);
  for (const [i, { start, end, text: part }] of passages.entries()) {
    expect(end - start).toBe(part.length);
    expect(start).toBe(passages[i - 1]?.end ?? 0);
  }
});

test('people with few rights change their own documents, and nobody else’s', async () => {
  const params = await makeKnowledge(admin);
  const [ada, ben] = [await join(enclave, admin, 'tier2'), await join(enclave, admin, 'tier2')];
  const { id } = await paste(params, 'hers', LEAVE, ada);
  const broken = await upload(params, 'broken.txt', BINARY, ada);
  await waitUntilRead(admin, params);
  const place = { params: { ...params, document: id } };
  expect((await ada.client.knowledge.document(place)).own).toBe(true);
  expect((await ben.client.knowledge.document(place)).own).toBe(false);
  expect(await outcome(ben.client.knowledge.deleteDocument(place))).toBe('not_allowed');
  expect(await outcome(ben.client.knowledge.cancel(place))).toBe('not_allowed');
  expect(await outcome(ben.client.knowledge.retry({ params: { ...params, document: broken.id } }))).toBe('not_allowed');
  expect(await outcome(paste(params, 'hers', 'Mine now.', ben))).toBe('not_allowed');
  expect(await paste(params, 'hers', LEAVE, ben)).toMatchObject({ unchanged: true, own: false });
  expect(await search(params, 'annual leave')).toEqual([LEAVE]);
  expect(await outcome(ada.client.knowledge.deleteDocument(place))).toBe('done');
  expect(await outcome(admin.client.knowledge.deleteDocument({ params: { ...params, document: broken.id } }))).toBe('done');
  const reader = await join(enclave, admin, 'tier4');
  expect(await outcome(paste(params, 'theirs', 'Text', reader))).toBe('not_allowed');
  expect(await outcome(reader.client.knowledge.search({ params, body: { text: 'leave' } }))).toBe('not_allowed');
});

test('a web page is fetched by its address, and a private one refused with the setting that allows it', async () => {
  const params = await makeKnowledge(admin);
  const add = (url: string) => admin.client.knowledge.add({ params, body: { source: 'page', url } });
  web.pages.set('/fees.html', '<!doctype html><title>Fees</title><h1>Fees</h1><p>Adults pay nine crowns.<script>alert(1)</script>');
  const url = `http://${web.host}/fees.html`;
  expect(await add(url)).toMatchObject({ name: url, source: 'page', state: 'queued' });
  await waitUntilRead(admin, params);
  expect(await search(params, 'What do adults pay?')).toEqual([expect.stringContaining('Adults pay nine crowns.')]);
  expect(await add(url)).toMatchObject({ unchanged: true });
  web.pages.set('/fees.html', '<!doctype html><p>Adults pay ten crowns.');
  expect(await add(url)).toMatchObject({ unchanged: false, version: 2 });
  const refused = { code: 'private_address', message: expect.stringContaining('PRIVEXBOT_PRIVATE_HOSTS') };
  for (const address of ['http://127.0.0.1:9/', 'http://localhost/', 'http://[::1]/', 'http://169.254.169.254/latest/meta-data/'])
    await expect(add(address)).rejects.toMatchObject(refused);
  await expect(add(`http://${web.host}/gone.html`)).rejects.toMatchObject({
    code: 'address_unreachable',
    details: { reason: 'status 404' },
  });
});

test('a pasted text keeps its title and comes back as it was', async () => {
  const params = await makeKnowledge(admin);
  const text = 'Line one.\nStraße, naïve, עברית, 🎉.';
  const { id } = await paste(params, 'My notes: 1/2', text);
  await waitUntilRead(admin, params);
  expect(await get(params, id)).toMatchObject({
    name: 'My notes: 1/2',
    source: 'paste',
    state: 'ready',
    sizeBytes: Buffer.byteLength(text),
  });
  const original = await admin.client.knowledge.original({ params: { ...params, document: id } });
  expect(await original.text()).toBe(text);
  expect(original.headers.get('content-type')).toBe('application/octet-stream');
  expect(original.headers.get('content-disposition')).toBe(`attachment; filename*=UTF-8''${id}.txt`);
});

test('a search tells the parts of each score', async () => {
  const params = await makeKnowledge(admin, { leave: LEAVE, dogs: 'Dogs wait at the gate.', fees: 'Adults pay nine crowns.' });
  const ask = async () =>
    (await admin.client.knowledge.search({ params, body: { text: 'How many days of annual leave do staff receive?', limit: 2 } })).hits;
  await expect.poll(async () => (await ask())[0]?.meaning).toBeGreaterThan(0.5); // vectors follow in the background
  const hits = await ask();
  expect(hits).toHaveLength(2);
  const [best, next] = hits;
  expect(best).toMatchObject({ documentName: 'leave', passage: { text: LEAVE, ordinal: 0 } });
  for (const { score, words, meaning } of hits) for (const part of [score, words, meaning]) expect(part >= 0 && part <= 1).toBe(true);
  expect(best?.score).toBeGreaterThan(next?.score ?? 1);
  expect(best?.words).toBeGreaterThan(next?.words ?? 1);
  await expect(admin.client.knowledge.search({ params, body: { text: ' \n' } })).rejects.toMatchObject({ code: 'question_empty' });
});

test('deleting a knowledge base destroys its keys, and bots answer without it at once', async () => {
  const before = await storedKeys(enclave);
  const params = await makeKnowledge(admin, { leave: LEAVE, dogs: 'Dogs wait at the gate.' });
  const kept = await makeKnowledge(admin, { fees: 'Adults pay nine crowns at the gate.' });
  const bot = await publishBot(admin, { knowledgeBases: [params.knowledge, kept.knowledge, kept.knowledge] });
  const ask = async (question: string) =>
    (await Array.fromAsync(await admin.client.bots.ask({ params: bot.params, body: { question } }))).at(-1);
  const cited = (name: string) => ({ type: 'done', outcome: 'answered', citations: [{ documentName: name }] });
  expect(await ask('How many days of annual leave do staff receive?')).toMatchObject(cited('leave'));
  await paste(params, 'long', long('map'));
  await admin.client.knowledge.delete({ params });
  expect(await ask('How many days of annual leave do staff receive?')).toMatchObject({ type: 'done', outcome: 'unsure' });
  expect(await ask('How many crowns do adults pay at the gate?')).toMatchObject(cited('fees'));
  expect(await outcome(search(params, 'leave'))).toBe('not_found');
  await admin.client.knowledge.delete({ params: kept });
  await admin.client.bots.delete({ params: bot.params });
  await expect.poll(() => storedKeys(enclave)).toEqual(before);
  expect(await enclave.forge('select 1 from documents where knowledge_base_id = any($1)', [[params.knowledge, kept.knowledge]])).toEqual(
    [],
  );
});

test('several files of one name at once are versions of one document', async () => {
  const params = await makeKnowledge(admin);
  const added = await Promise.all(Array.from({ length: 6 }, (_, i) => paste(params, 'same', `The cup has number ${i}.`)));
  expect(new Set(added.map(({ id }) => id)).size).toBe(1);
  expect(added.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  await waitUntilRead(admin, params);
  const last = added.findIndex(({ version }) => version === 6);
  expect(await search(params, 'cup number')).toEqual([`The cup has number ${last}.`]);
});
