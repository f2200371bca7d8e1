import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentId } from '@privexbot/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SealingKey } from '../../keys/seal.ts';
import { createFileBlobStore } from '../../providers/blobs/blob-store.ts';
import type { Embedder } from '../../providers/embeddings/embedder.ts';
import { KnowledgeIndex } from './search/knowledge-index.ts';
import { readSnapshot, writeSnapshot } from './snapshots.ts';

const DIMENSIONS = 4;
const ORG = `org_${'0'.repeat(26)}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-test-snapshots-'));
});
afterAll(() => rm(folder, { recursive: true }));

const embedder = (model: string): Embedder => ({ model, dimensions: DIMENSIONS, embed: async () => [], close: async () => undefined });
const MODEL = embedder('one');

let made = 0;
function place() {
  const id = `kb_${String(++made).padStart(26, '0')}`;
  const ref = { org: ORG, id, key: new SealingKey(randomBytes(32)) };
  return { ref, blobs: createFileBlobStore(folder), files: join(folder, ORG, id) };
}

/** Documents of so many passages each, the first of them with vectors. */
function build(sizes: Readonly<Record<string, number>>, word = 'harbour') {
  const index = new KnowledgeIndex(DIMENSIONS);
  const versions = new Map<DocumentId, number>();
  for (const [id, size] of Object.entries(sizes)) {
    index.add(
      id,
      Array.from({ length: size }, (_, ordinal) => ({ ordinal, text: `The ${word}${ordinal} of ${id}.`, headings: [], title: id })),
    );
    index.addVectors(id, 0, Int8Array.of(127, 0, 0, 0));
    versions.set(id as DocumentId, size);
  }
  return { index, versions };
}

test('an index comes back as it was, with the versions and vector counts of its documents', async () => {
  const { ref, blobs } = place();
  const { index, versions } = build({ a: 3, b: 2 });
  await writeSnapshot(blobs, ref, MODEL, { index, versions });
  const read = await readSnapshot(blobs, ref, MODEL);
  expect(read?.versions).toEqual(versions);
  expect(read?.embedded).toEqual(
    new Map([
      ['a', 1],
      ['b', 1],
    ]),
  );
  const question = { text: 'harbour1 of b', vector: Float32Array.of(1, 0, 0, 0), limit: 5 };
  expect(read?.index.search(question)).toEqual(index.search(question));
});

test('there may be none, or one of another embedding model', async () => {
  const { ref, blobs } = place();
  expect(await readSnapshot(blobs, ref, MODEL)).toBeUndefined();
  await writeSnapshot(blobs, ref, MODEL, build({ a: 1 }));
  expect(await readSnapshot(blobs, ref, embedder('two'))).toBeUndefined();
});

test('an index of several parts is whole again, and no part tells a word', async () => {
  const { ref, blobs, files } = place();
  const { index, versions } = build({ a: 30_000 });
  await writeSnapshot(blobs, ref, MODEL, { index, versions });
  expect((await readdir(files)).length).toBeGreaterThan(2);
  for (const name of await readdir(files)) expect((await readFile(join(files, name))).includes('harbour')).toBe(false);
  expect((await readSnapshot(blobs, ref, MODEL))?.index.passages).toBe(30_000);
});

test('a byte that was changed, a part that is missing, or the key of another base: none of it is used', async () => {
  const { ref, blobs, files } = place();
  await writeSnapshot(blobs, ref, MODEL, build({ a: 100 }));
  for (const name of ['0', '1']) {
    const bytes = await readFile(join(files, name));
    for (const at of [4, 60, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(join(files, name), changed);
      await expect(readSnapshot(blobs, ref, MODEL)).rejects.toThrow();
    }
    await rm(join(files, name));
    await expect(readSnapshot(blobs, ref, MODEL)).rejects.toThrow();
    await writeFile(join(files, name), bytes);
  }
  await expect(readSnapshot(blobs, { ...ref, key: new SealingKey(randomBytes(32)) }, MODEL)).rejects.toThrow();
  expect((await readSnapshot(blobs, ref, MODEL))?.index.passages).toBe(100);
});

test('parts of two snapshots of one base do not mix', async () => {
  const { ref, blobs, files } = place();
  await writeSnapshot(blobs, ref, MODEL, build({ a: 5 }));
  const manifest = await readFile(join(files, '0'));
  await writeSnapshot(blobs, ref, MODEL, build({ a: 5 }, 'lighthouse'));
  await writeFile(join(files, '0'), manifest); // as after a stop between the parts and their manifest
  await expect(readSnapshot(blobs, ref, MODEL)).rejects.toThrow('not those of one snapshot');
});
