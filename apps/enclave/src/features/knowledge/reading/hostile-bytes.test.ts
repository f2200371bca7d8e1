import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from './frames.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type ReaderReply, readerReply } from './protocol.ts';
import { readBytes } from './read-bytes.ts';
import { promisedFormat } from './sniff.ts';
import { makeDocuments } from './testing/documents.ts';

const MB = 1024 * 1024;
const LIMITS = { ...DEFAULT_LIMITS, maxUnpackedBytes: 16 * MB };
const documents = makeDocuments().filter(({ bytes }) => bytes.length > 8 && bytes.length < 20_000);

async function read(file: string, bytes: Uint8Array): Promise<ReaderReply[]> {
  const request = { promised: promisedFormat(file) ?? null, charset: null, sizeBytes: bytes.length, limits: LIMITS };
  const stream = (async function* () {
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  })();
  return Array.fromAsync(readBytes(request, new ByteQueue(stream)));
}

/** Whatever the bytes are, a reading ends once, with what the parent accepts. */
function expectSound(replies: ReaderReply[]): void {
  for (const reply of replies) expect(readerReply.safeParse(reply).error).toBeUndefined();
  expect(replies.filter(({ type }) => type === 'done' || type === 'failed')).toHaveLength(1);
  expect(['done', 'failed']).toContain(replies.at(-1)?.type);
}

for (const { file, bytes } of documents) {
  test(`${file}, cut or with bits turned, is read or refused and nothing else`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length }), async (length) => expectSound(await read(file, bytes.slice(0, length)))),
      { numRuns: 10 },
    );
    const flips = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 })), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(flips, async (turned) => {
        const changed = bytes.slice();
        for (const [at, bit] of turned) changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expectSound(await read(file, changed));
      }),
      { numRuns: 10 },
    );
  });
}

test('random bytes under any name are read or refused and nothing else', async () => {
  const names = fc.constantFrom('a.pdf', 'a.docx', 'a.xlsx', 'a.csv', 'a.html', 'a.md', 'a.txt', 'a.json', 'a.epub', 'a.eml', 'a');
  await fc.assert(
    fc.asyncProperty(names, fc.uint8Array({ maxLength: 3000 }), async (name, bytes) => expectSound(await read(name, bytes))),
    { numRuns: 100 },
  );
});
