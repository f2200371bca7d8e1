// Files that are broken, huge, disguised or hostile: each gets its own reason, and nothing else suffers.
import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentId, UploadId } from '@privexbot/contract';
import { LIMITS } from '@privexbot/contract';
import { makeDocuments } from '@privexbot/enclave/features/knowledge/reading/testing/documents.ts';
import { proseLines, writePdf } from '@privexbot/enclave/features/knowledge/reading/testing/pdf-writer.ts';
import { type Client, uploadFile } from '@privexbot/sdk';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './desk.ts';

let server: Server;
let desk: Desk;
let client: Client;
beforeAll(async () => {
  server = await startServer();
  desk = await openDesk(server);
  client = desk.client;
});
afterAll(() => server[Symbol.asyncDispose]());

const READ_MS = 120_000;

async function add(name: string, bytes: Uint8Array, knowledge = desk.knowledge): Promise<DocumentId> {
  const { org, workspace } = desk;
  const upload = await uploadFile(client, { org, file: new Blob([new Uint8Array(bytes)]), name });
  return (await client.knowledge.add({ params: { org, workspace, knowledge }, body: { source: 'upload', upload } })).id;
}

const get = (document: DocumentId) => client.knowledge.document({ params: { ...desk.inKnowledge, document } });

async function textOf(document: DocumentId): Promise<string> {
  let text = '';
  for (let from = 0; ; from += LIMITS.pageSize) {
    const { items } = await client.knowledge.passages({
      params: { ...desk.inKnowledge, document },
      query: { from, limit: LIMITS.pageSize },
    });
    if (items.length === 0) return text;
    text += items.map((passage) => passage.text).join('');
  }
}

const squeeze = (text: string) => text.replace(/\s+/g, ' ');

test('of many files each bad one fails with its reason, and each good one is read right, whatever its format and encoding', async () => {
  const files = makeDocuments();
  const ids = new Map<string, DocumentId>();
  for (const { file, bytes } of files) ids.set(file, await add(file, bytes));
  const isOver = async (id: DocumentId) => ['ready', 'failed'].includes((await get(id)).state);
  await expect
    .poll(async () => (await Promise.all([...ids.values()].map(isOver))).every(Boolean), { timeout: READ_MS, interval: 500 })
    .toBe(true);
  for (const { file, expect: outcome, accept = [], code, contains = [], not_contains = [] } of files) {
    const id = ids.get(file);
    if (!id) throw new Error(`${file} was not added`);
    const { state, failure } = await get(id);
    if (state === 'failed') {
      expect(
        [outcome, ...accept].some((one) => one !== 'text'),
        `${file}: ${failure}`,
      ).toBe(true);
      if (code) expect(failure, file).toBe(code);
      continue;
    }
    expect([outcome, ...accept], file).toContain('text');
    const text = squeeze(await textOf(id));
    for (const words of contains) expect(text.includes(squeeze(words)), `${file} says ${words}`).toBe(true);
    for (const words of not_contains) expect(text.includes(words), `${file} says ${words}`).toBe(false);
  }
});

test('what is too large, incomplete or not as announced is refused before it is read', async () => {
  const { org } = desk;
  const start = (sizeBytes: number) => client.uploads.start({ params: { org }, body: { name: 'big.txt', sizeBytes } });
  await expect(start(LIMITS.documentBytes + 1)).rejects.toMatchObject({ code: 'too_large', details: { limit: '100 MiB' } });
  const { id: upload } = await start(2 * LIMITS.uploadPartBytes);
  const addUpload = (id: UploadId) => client.knowledge.add({ params: desk.inKnowledge, body: { source: 'upload', upload: id } });
  await expect(addUpload(upload)).rejects.toMatchObject({ code: 'upload_incomplete' });
  const put = (part: number, size: number) => client.uploads.putPart({ params: { org, upload, part }, body: new Uint8Array(size) });
  await expect(put(0, 5)).rejects.toMatchObject({ code: 'part_mismatch' });
  await expect(put(2, 5)).rejects.toMatchObject({ code: 'part_mismatch' });
  await expect(put(0, LIMITS.uploadPartBytes + 1)).rejects.toMatchObject({ code: 'too_large' });
  expect((await client.uploads.get({ params: { org, upload } })).received).toEqual([]);
});

test.each([
  ['a PDF of 10,000 pages', 'long.pdf', () => Buffer.concat([...writePdf(10_000, proseLines)]), 'pages', 10_000],
  [
    'a text of 100 MB',
    'long.txt',
    () => Buffer.alloc(LIMITS.documentBytes, 'All work and no play makes a long text. '),
    'bytes',
    LIMITS.documentBytes,
  ],
] as const)('%s is read with progress, can be cancelled, and holds up no other', async (_, name, make, unit, total) => {
  const long = await add(name, make());
  await expect.poll(async () => (await get(long)).progress?.done ?? 0, { timeout: READ_MS, interval: 50 }).toBeGreaterThan(0);
  expect((await get(long)).progress).toMatchObject({ unit, total });
  const short = await add('short.txt', Buffer.from(`A short text beside ${name}.`));
  await expect.poll(async () => (await get(short)).state, { timeout: 20_000 }).toBe('ready');
  expect((await get(long)).state, 'the long one is still being read').toBe('reading');

  expect((await client.knowledge.cancel({ params: { ...desk.inKnowledge, document: long } })).state).toBe('cancelled');
  await expect.poll(() => isReading(), { timeout: 10_000 }).toBe(false);
  await sleep(500); // long enough for what was under way to be stored, if anything still were
  expect(await get(long)).toMatchObject({ state: 'cancelled', passages: 0 });
  await client.knowledge.deleteDocument({ params: { ...desk.inKnowledge, document: long } });
});

async function isReading(): Promise<boolean> {
  return (await server.processes()).some(({ command }) => command.includes('read-worker'));
}

test('a page with scripts is text everywhere: in passages, in search and when it is downloaded', async () => {
  const page =
    '<!doctype html><h1>Zebras</h1><p>Zebras <img src=x onerror=alert(1)> graze.<script>alert(2)</script><a href="javascript:alert(3)">more</a>';
  const document = await add('zebras.html', Buffer.from(page));
  await expect.poll(async () => (await get(document)).state, { timeout: 20_000 }).toBe('ready');
  const text = await textOf(document);
  expect(text).toContain('Zebras');
  expect(text).not.toMatch(/alert|javascript:|<script/);
  const { headers } = await client.knowledge.original({ params: { ...desk.inKnowledge, document } });
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': expect.stringMatching(/^attachment/),
  });
});
