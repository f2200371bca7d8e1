import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toAppError } from '../../http/errors.ts';
import { SealingKey } from '../../keys/seal.ts';
import { type BlobRef, type BlobStore, createFileBlobStore } from './blob-store.ts';

const SEGMENT = 64 * 1024;
const REFUSED = { name: 'SealError' };
const ref: BlobRef = { org: 'org_01jd0000000000000000000000', id: 'upl_01jd0000000000000000000000', key: new SealingKey(randomBytes(32)) };
const other: BlobRef = { ...ref, id: 'upl_01jd0000000000000000000001' };

let folder: string;
let store: BlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-blobs-'));
  store = createFileBlobStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const pathOf = ({ org, id }: BlobRef, part: number) => join(folder, org, id, `${part}`);

async function read(from: BlobRef, count: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(from, count)));
}

test.each([0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 1024 * 1024])('a part of %i bytes comes back as it was', async (size) => {
  const bytes = randomBytes(size);
  await store.putPart(ref, 0, bytes);
  expect((await read(ref, 1)).equals(bytes)).toBe(true);
});

test('parts come in their order, whatever order they were stored in, and can be replaced', async () => {
  for (const part of [2, 0, 10, 1]) await store.putPart(ref, part, Buffer.from(`part ${part}.`));
  await store.putPart(ref, 1, Buffer.from('new 1.'));
  expect(await store.parts(ref)).toEqual([0, 1, 2, 10]);
  expect((await read(ref, 3)).toString()).toBe('part 0.new 1.part 2.');
});

test('nothing readable lies on the disk, and only its owner may look', async () => {
  await store.putPart(ref, 0, Buffer.from('CANARY'.repeat(1_000)));
  expect((await readFile(pathOf(ref, 0))).includes('CANARY')).toBe(false);
  expect((await stat(pathOf(ref, 0))).mode & 0o077).toBe(0);
  expect((await stat(join(folder, ref.org, ref.id))).mode & 0o077).toBe(0);
  expect(await readdir(join(folder, ref.org, ref.id))).toEqual(['0']);
});

test('a turned bit anywhere is found', async () => {
  await store.putPart(ref, 0, randomBytes(2 * SEGMENT + 5));
  const stored = await readFile(pathOf(ref, 0));
  const ends = [0, 1, 3, 4, 5, 40, 60, 100, SEGMENT + 60, SEGMENT + 66, stored.length - 17, stored.length - 1];
  for (const at of ends) {
    await writeFile(
      pathOf(ref, 0),
      stored.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    );
    await expect(read(ref, 1), `byte ${at}`).rejects.toMatchObject(REFUSED);
  }
});

test('a part cut anywhere is found, at the end of a segment too', async () => {
  await store.putPart(ref, 0, randomBytes(2 * SEGMENT + 5));
  const { size } = await stat(pathOf(ref, 0));
  const sealedSegment = 4 + 45 + SEGMENT + 16;
  for (const length of [size - 1, 2 * sealedSegment, sealedSegment + 7, sealedSegment, 3, 0]) {
    await truncate(pathOf(ref, 0), length);
    await expect(read(ref, 1), `${length} bytes`).rejects.toMatchObject(REFUSED);
  }
});

test('parts and blobs that changed places are found', async () => {
  await store.putPart(ref, 0, Buffer.from('first'));
  await store.putPart(ref, 1, Buffer.from('second'));
  await store.putPart(other, 0, Buffer.from('other'));
  const swap = async (a: string, b: string) => {
    await rename(a, `${a}.tmp`);
    await rename(b, a);
    await rename(`${a}.tmp`, b);
  };
  await swap(pathOf(ref, 0), pathOf(ref, 1));
  await expect(read(ref, 2)).rejects.toMatchObject(REFUSED);
  await swap(pathOf(ref, 0), pathOf(ref, 1));
  await swap(pathOf(ref, 0), pathOf(other, 0));
  await expect(read(ref, 2)).rejects.toMatchObject(REFUSED);
  await expect(read(other, 1)).rejects.toMatchObject(REFUSED);
});

test('the same key opens no blob of another organization', async () => {
  const moved: BlobRef = { ...ref, org: 'org_01jd0000000000000000000001' };
  await store.putPart(ref, 0, Buffer.from('content'));
  await rename(join(folder, ref.org), join(folder, moved.org));
  await expect(read(moved, 1)).rejects.toMatchObject(REFUSED);
});

test('a missing part and a removed blob are refused, not read as empty', async () => {
  await store.putPart(ref, 0, Buffer.from('first'));
  await expect(read(ref, 2)).rejects.toMatchObject(REFUSED);
  await store.remove(ref);
  await store.remove(ref);
  expect(await store.parts(ref)).toEqual([]);
  await expect(read(ref, 1)).rejects.toMatchObject(REFUSED);
});

test('a part that cannot be read is no forgery', async () => {
  await store.putPart(ref, 0, Buffer.from('content'));
  await rm(pathOf(ref, 0));
  await store.putPart({ ...ref, id: 'upl_01jd0000000000000000000002' }, 0, new Uint8Array());
  await rename(join(folder, ref.org, 'upl_01jd0000000000000000000002'), pathOf(ref, 0)); // a folder in its place: EISDIR
  await expect(read(ref, 1)).rejects.toMatchObject({ code: 'EISDIR' });
});

test('a disk with too little left refuses the part, says so and stores nothing', async () => {
  const full = createFileBlobStore(folder, Number.MAX_SAFE_INTEGER);
  const refusal: unknown = await full.putPart(ref, 0, Buffer.from('content')).catch((error: unknown) => error);
  expect(toAppError(refusal).code).toBe('storage_full');
  expect(await store.parts(ref)).toEqual([]);
});

test('only ids name files', async () => {
  for (const id of ['../../etc/passwd', 'upl_1', '', 'upl_01jd00000000000000000000/0', 'UPL_01JD0000000000000000000000'])
    await expect(store.putPart({ ...ref, id }, 0, new Uint8Array()), id).rejects.toThrow('not an id');
  await expect(store.putPart({ ...ref, org: '..' }, 0, new Uint8Array())).rejects.toThrow('not an id');
});
