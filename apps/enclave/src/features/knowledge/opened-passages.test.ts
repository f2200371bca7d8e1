import type { DocumentId, KnowledgeBaseId, OrgId, UploadId, UserId } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { OpenedPassages, type Wanted } from './opened-passages.ts';
import type { Passage } from './reading/passages.ts';
import type { DocumentRecord } from './store.ts';

const passage = (ordinal: number, text: string): Passage => ({ ordinal, text, start: 0, end: text.length, headings: [] });

function record(id: string, version: number): DocumentRecord {
  return {
    id: id as DocumentId,
    org_id: 'org' as OrgId,
    knowledge_base_id: 'kb' as KnowledgeBaseId,
    user_id: 'usr' as UserId,
    name_index: new Uint8Array(),
    content_index: null,
    state: 'ready',
    failure: null,
    size_bytes: 1,
    passages: 9_999,
    embedded: 0,
    content_version: version,
    version: 1,
    created_at: new Date(0),
    content: {
      name: `${id}.txt`,
      source: 'upload',
      target: version,
      file: { blob: 'upl' as UploadId, dataKey: 'dky' as DocumentRecord['content']['file']['dataKey'], parts: 1, sizeBytes: 1 },
    },
  };
}

/** Rows whose text says which version they are of; notes what was read. */
function rows(read: string[]) {
  return async (wanted: readonly Wanted[]) =>
    wanted.map(({ document: { id, content_version }, ordinals }) => {
      read.push(`${id}: ${ordinals}`);
      return ordinals.filter((ordinal) => ordinal < 5_000).map((ordinal) => passage(ordinal, `${id} v${content_version} #${ordinal}`));
    });
}

const hits = (document: string, ...ordinals: number[]) => ordinals.map((ordinal) => ({ document, ordinal }));
const documents = (...records: DocumentRecord[]) => new Map(records.map((one) => [one.id, one]));

test('passages are read once per document and kept', async () => {
  const opened = new OpenedPassages();
  const read: string[] = [];
  const known = documents(record('a', 1), record('b', 1));
  const first = await opened.open(known, [...hits('a', 1, 2), ...hits('b', 1)], rows(read));
  expect(
    [...first].map(
      ([
        name,
        {
          documentName,
          passage: { text },
        },
      ]) => [name, documentName, text],
    ),
  ).toEqual([
    ['a/1', 'a.txt', 'a v1 #1'],
    ['a/2', 'a.txt', 'a v1 #2'],
    ['b/1', 'b.txt', 'b v1 #1'],
  ]);
  await opened.open(known, hits('a', 2, 3), rows(read));
  expect(read).toEqual(['a: 1,2', 'b: 1', 'a: 3']);
});

test('what is gone is left out', async () => {
  const opened = new OpenedPassages();
  expect([...(await opened.open(documents(record('a', 1)), [...hits('a', 1, 7_000), ...hits('gone', 1)], rows([]))).keys()]).toEqual([
    'a/1',
  ]);
});

test('a passage that was being read while its document was replaced is not taken for one of the new version', async () => {
  const opened = new OpenedPassages();
  const { promise: replaced, resolve: replace } = Promise.withResolvers<void>();
  const slow = opened.open(documents(record('a', 1)), hits('a', 1), async (...of) => {
    await replaced;
    return rows([])(...of);
  });
  opened.forget('a' as DocumentId);
  replace();
  await slow;
  const now = await opened.open(documents(record('a', 2)), hits('a', 1), rows([]));
  expect(now.get('a/1')?.passage.text).toBe('a v2 #1');
});

test('what is forgotten is read again, and other documents stay', async () => {
  const opened = new OpenedPassages();
  const read: string[] = [];
  const known = documents(record('a', 1), record('ab', 1));
  await opened.open(known, [...hits('a', 1), ...hits('ab', 1)], rows([]));
  opened.forget('a' as DocumentId);
  await opened.open(known, [...hits('a', 1), ...hits('ab', 1)], rows(read));
  expect(read).toEqual(['a: 1']);
});

test('however many are asked for, all come and the oldest are given up', async () => {
  const opened = new OpenedPassages();
  const read: string[] = [];
  const known = documents(record('a', 1));
  const all = Array.from({ length: 5_000 }, (_, i) => i);
  expect((await opened.open(known, hits('a', ...all), rows([]))).size).toBe(5_000);
  await opened.open(known, hits('a', 0, 4_999), rows(read));
  expect(read).toEqual(['a: 0']);
});
