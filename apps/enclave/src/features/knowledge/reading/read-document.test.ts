import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ReadFailure } from './failures.ts';
import type { ReadLimits } from './limits.ts';
import { type ReadEvent, type ReadInput, readDocument, readWith } from './read-document.ts';
import { proseLines, writePdf } from './testing/pdf-writer.ts';

const MB = 1024 * 1024;
const CHILDREN = join(import.meta.dirname, 'testing/children');

async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}

function input(name: string, bytes: AsyncIterable<Uint8Array>, more: Partial<ReadInput> = {}): ReadInput {
  return { name, bytes, signal: new AbortController().signal, ...more };
}

async function collect(events: AsyncIterable<ReadEvent>): Promise<ReadEvent[]> {
  return Array.fromAsync(events);
}

async function failureOf(events: AsyncIterable<ReadEvent>): Promise<ReadFailure> {
  const error = await collect(events).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ReadFailure)) throw new Error('expected a ReadFailure', { cause: error });
  return error;
}

function child(name: string, lines: string[] = [], limits: Partial<ReadLimits> = {}): AsyncGenerator<ReadEvent> {
  return readWith(join(CHILDREN, `${name}.ts`), input('x.txt', chunksOf(lines.join('\n')), { limits }));
}

/** Children of this process, by their command line. */
function readers(): string[] {
  const ids = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return ids.filter((id) => existsSync(`/proc/${id}/cmdline`) && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('read-worker'));
}

test('a document ends with its format, title, length and pages, and progress comes on the way', async () => {
  const pdf = writePdf(700, proseLines);
  const events = await collect(readDocument(input('long.pdf', chunksOf(...pdf))));
  const done = events.at(-1);
  const passages = events.flatMap((event) => (event.type === 'passages' ? event.passages : []));
  expect(done).toEqual({ type: 'done', format: 'pdf', characters: passages.at(-1)?.end, pages: 700 });
  const progress = events.filter((event) => event.type === 'progress');
  expect(progress.length).toBeGreaterThan(1);
  expect(progress.at(-1)).toEqual({ type: 'progress', done: 700, total: 700, unit: 'pages' });
  expect(passages.find(({ text }) => text.includes('Page 300, line 20:'))?.page).toBe(300);
});

test('a PDF of 10,000 pages is read with progress within the default limits', { timeout: 300_000 }, async () => {
  const bytes = (async function* () {
    yield* writePdf(10_000, (page) => proseLines(page).slice(0, 4));
  })();
  let passages = 0;
  let last: ReadEvent | undefined;
  for await (const event of readDocument(input('huge.pdf', bytes))) {
    if (event.type === 'passages') passages += event.passages.length;
    last = event;
  }
  expect(last).toMatchObject({ type: 'done', pages: 10_000 });
  expect(passages).toBeGreaterThan(3000);
});

test('100 MB of text flow through a child whose memory stays small, at the pace of the caller', { timeout: 300_000 }, async () => {
  const paragraph = `${'The enclave reads this sentence and forgets it at once. '.repeat(10)}\n\n`;
  const chunk = new TextEncoder().encode(paragraph.repeat(200));
  const count = Math.floor((100 * MB) / chunk.length);
  let given = 0;
  const bytes = (async function* () {
    for (; given < count; given++) yield chunk;
  })();
  let characters = 0;
  const events = readDocument(input('huge.txt', bytes, { limits: { residentMb: 300, heapMb: 128 } }));
  await events.next();
  await new Promise((resolve) => setTimeout(resolve, 500)); // a caller that pauses: nearly all of the file must still be outside
  expect(given).toBeLessThan(count / 4);
  for await (const event of events) if (event.type === 'done') characters = event.characters;
  expect(characters).toBeGreaterThan(99 * MB);
});

test('a line of a megabyte is read whole', async () => {
  const line = 'word '.repeat(200_000);
  const events = await collect(readDocument(input('line.txt', chunksOf(line))));
  const text = events.flatMap((event) => (event.type === 'passages' ? event.passages : [])).map((passage) => passage.text);
  expect(text.join('').trimEnd()).toBe(line.trimEnd());
});

test('aborting throws the reason, and the child is gone', async () => {
  const controller = new AbortController();
  const endless = (async function* () {
    for (;;) yield new TextEncoder().encode('never done. '.repeat(1000));
  })();
  const events = readDocument(input('endless.txt', endless, { signal: controller.signal }));
  await events.next();
  expect(readers()).toHaveLength(1);
  controller.abort(new Error('cancelled'));
  await expect(collect(events)).rejects.toThrow('cancelled');
  expect(readers()).toHaveLength(0);
});

test('a caller that stops early leaves no child behind', async () => {
  for await (const _ of readDocument(input('a.pdf', chunksOf(...writePdf(500, proseLines))))) break;
  expect(readers()).toHaveLength(0);
});

test('what the source of bytes throws is what the caller gets', async () => {
  const broken = (async function* () {
    yield new TextEncoder().encode('some');
    throw new Error('storage is gone');
  })();
  await expect(collect(readDocument(input('a.txt', broken)))).rejects.toThrow('storage is gone');
});

test('more bytes than allowed are refused before they are all taken', async () => {
  let given = 0;
  const bytes = (async function* () {
    for (; given < 101; given++) yield new Uint8Array(MB).fill(0x61);
  })();
  expect((await failureOf(readDocument(input('big.txt', bytes, { limits: { maxBytes: 5 * MB } })))).code).toBe('too_large');
  expect(given).toBeLessThan(8);
});

test('a scan without text says how many pages it has', async () => {
  const failure = await failureOf(readDocument(input('scan.pdf', chunksOf(...writePdf(3, () => [])))));
  expect(failure).toMatchObject({ code: 'no_text', params: { pages: 3 } });
  expect(failure.message).toContain('OCR');
});

test('a child that hangs is ended when its silence is too long', async () => {
  expect((await failureOf(child('hang', [], { stallMs: 1000 }))).code).toBe('timeout');
});

test('a child that dies is a crash, and half a frame is not taken', async () => {
  expect((await failureOf(child('die'))).code).toBe('crashed');
});

test('a child that outgrows its memory is ended, inside and outside its heap', async () => {
  expect((await failureOf(child('grow', [], { residentMb: 300 }))).code).toBe('memory');
  expect((await failureOf(child('fill-heap', [], { heapMb: 64 }))).code).toBe('memory');
});

const passage = (more: object): string =>
  JSON.stringify({ type: 'passages', passages: [{ ordinal: 0, text: 'ab', start: 0, end: 2, headings: [], ...more }] });
const done = (characters: number): string => JSON.stringify({ type: 'done', format: 'txt', characters });

test('a child that was taken over cannot pass on what is inconsistent', async () => {
  expect(await collect(child('say', [passage({}), done(2)]))).toHaveLength(2);
  const lies = {
    'a gap': [passage({ start: 1, end: 3 })],
    'a wrong end': [passage({ end: 9 })],
    'a wrong ordinal': [passage({ ordinal: 3 })],
    'too long a passage': [passage({ text: 'x'.repeat(5000), end: 5000 })],
    'half a character': [passage({ text: 'a\ud800' })],
    'more fields': [passage({ html: '<b>' })],
    'a wrong total': [passage({}), done(7)],
    'an unknown format': [JSON.stringify({ type: 'done', format: 'exe', characters: 0 })],
    'an unknown failure': [JSON.stringify({ type: 'failed', code: 'send-money', params: {} })],
    'words instead of frames': ['Warning: something'],
    'no end': [passage({})],
  };
  for (const [lie, lines] of Object.entries(lies)) expect((await failureOf(child('say', lines))).code, lie).toBe('crashed');
});

test('a child may read only its code: no files, no environment, no processes, no threads, no code from strings', async () => {
  expect((await failureOf(child('probe'))).params).toEqual({ pages: 0 });
});
