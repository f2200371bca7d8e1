import { readdir } from 'node:fs/promises';
import { join as path } from 'node:path';
import { LIMITS, type UploadId } from '@privexbot/contract';
import { uploadFile } from '@privexbot/sdk';
import { join, makeKnowledge, storedKeys } from '@privexbot/testing/desk.ts';
import { createStorage, type Enclave, type Person, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PART = LIMITS.uploadPartBytes;
const DAY_MS = 24 * 60 * 60 * 1_000;

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

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, i) => 97 + ((i * 31) % 26));

async function announce(sizeBytes: number, person = admin) {
  const { client, org } = person;
  const { id } = await client.uploads.start({ params: { org }, body: { name: 'a.bin', sizeBytes } });
  const params = { org, upload: id };
  const put = (part: number, body: Uint8Array<ArrayBuffer>) => client.uploads.putPart({ params: { ...params, part }, body });
  return { id, params, put, get: () => client.uploads.get({ params }), cancel: () => client.uploads.cancel({ params }) };
}

const folderOf = (id: UploadId) => path(storage.blobFolder, admin.org, id);
const folderExists = (id: UploadId) =>
  readdir(folderOf(id)).then(
    () => true,
    () => false,
  );

test('parts come in any order, twice, and after a pause; the file is whole when all are there', async () => {
  const bytes = bytesOf(2 * PART + 5);
  const knowledge = await makeKnowledge(admin);
  const { id, put, get } = await announce(bytes.length);
  await put(2, bytes.slice(2 * PART));
  await put(0, bytesOf(PART).reverse());
  await put(0, bytes.slice(0, PART));
  expect(await get()).toMatchObject({ sizeBytes: bytes.length, partBytes: PART, received: [0, 2], complete: false });
  const body = { source: 'upload', upload: id } as const;
  await expect(admin.client.knowledge.add({ params: knowledge, body })).rejects.toMatchObject({ code: 'upload_incomplete' });
  await put(1, bytes.slice(PART, 2 * PART));
  expect(await get()).toMatchObject({ received: [0, 1, 2], complete: true });
  const { id: document } = await admin.client.knowledge.add({ params: knowledge, body });
  const original = await admin.client.knowledge.original({ params: { ...knowledge, document } });
  expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
  await expect(get()).rejects.toMatchObject({ code: 'not_found' });
});

test('an upload that was cut off is resumed with the parts that are missing', async () => {
  const bytes = bytesOf(3 * PART);
  const { id, put, get } = await announce(bytes.length);
  await put(1, bytes.slice(PART, 2 * PART));
  const sent: number[] = [];
  const file = new Blob([bytes]);
  await uploadFile(admin.client, {
    org: admin.org,
    file,
    name: 'a.txt',
    resume: id,
    onProgress: ({ sentBytes }) => void sent.push(sentBytes),
  });
  expect(sent).toEqual([PART, 2 * PART, 3 * PART]);
  expect(await get()).toMatchObject({ complete: true });
});

test('a part of another size than announced, or beyond the end, is refused', async () => {
  const { put } = await announce(PART + 5);
  for (const [part, size] of [
    [0, PART - 1],
    [1, 4],
    [1, 6],
    [2, 5],
    [0, 0],
  ] as const)
    await expect(put(part, bytesOf(size))).rejects.toMatchObject({ code: 'part_mismatch' });
  await expect(put(0, bytesOf(PART + 1))).rejects.toMatchObject({ code: 'too_large' });
  await expect(announce(LIMITS.documentBytes + 1)).rejects.toMatchObject({ code: 'too_large', details: { limit: '100 MiB' } });
});

test('a cancelled upload leaves neither file nor key', async () => {
  const before = await storedKeys(enclave);
  const { id, put, get, cancel } = await announce(5);
  await put(0, bytesOf(5));
  expect((await storedKeys(enclave)).size).toBe(before.size + 1);
  await cancel();
  await expect(get()).rejects.toMatchObject({ code: 'not_found' });
  await expect(put(0, bytesOf(5))).rejects.toMatchObject({ code: 'not_found' });
  expect(await storedKeys(enclave)).toEqual(before);
  await expect.poll(() => folderExists(id)).toBe(false);
});

test('an upload that nobody finished is thrown away after a week, with the next one that starts', async () => {
  const { id, put, get } = await announce(2 * PART);
  await put(0, bytesOf(PART));
  enclave.advance(6 * DAY_MS);
  await announce(1);
  expect(await get()).toMatchObject({ received: [0] });
  enclave.advance(2 * DAY_MS);
  await announce(1);
  await expect(get()).rejects.toMatchObject({ code: 'not_found' });
  await expect.poll(() => folderExists(id)).toBe(false);
  // So that the next ones may invite.
  await admin.client.auth.signIn({ body: admin });
});

test("nobody sees, fills, cancels or takes another person's upload", async () => {
  const colleague = await join(enclave, admin, 'tier1');
  const { id, params, put } = await announce(5);
  await put(0, bytesOf(5));
  const { uploads, knowledge } = colleague.client;
  const place = await makeKnowledge(admin);
  for (const call of [
    () => uploads.get({ params }),
    () => uploads.putPart({ params: { ...params, part: 0 }, body: bytesOf(5) }),
    () => uploads.cancel({ params }),
    () => knowledge.add({ params: place, body: { source: 'upload', upload: id } }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'not_found' });
});

test('a file for a model is announced only by those who may add models', async () => {
  const colleague = await join(enclave, admin, 'tier2');
  const body = { name: 'm.gguf', sizeBytes: 5, purpose: 'model' } as const;
  await expect(colleague.client.uploads.start({ params: admin, body })).rejects.toMatchObject({ code: 'not_allowed' });
  const { id } = await admin.client.uploads.start({ params: admin, body });
  await admin.client.uploads.putPart({ params: { org: admin.org, upload: id, part: 0 }, body: bytesOf(5) });
  const place = await makeKnowledge(admin);
  const taken = admin.client.knowledge.add({ params: place, body: { source: 'upload', upload: id } });
  await expect(taken).rejects.toMatchObject({ code: 'not_found' });
});

test('an upload that is asked for several times at once becomes one document', async () => {
  const [here, there] = [await makeKnowledge(admin), await makeKnowledge(admin)];
  for (let round = 0; round < 5; round++) {
    const { id, put } = await announce(20);
    await put(0, bytesOf(20).fill(97 + round));
    const body = { source: 'upload', upload: id } as const;
    const asked = await Promise.allSettled([here, there].map((params) => admin.client.knowledge.add({ params, body })));
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
});
