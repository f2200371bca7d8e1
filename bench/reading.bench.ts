// PDF bytes to checked passages: everything the reading child and its parent do, frames included, in one process so that CPU time can be told.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ByteQueue, encodeFrame, readFrame } from '../apps/enclave/src/features/knowledge/reading/frames.ts';
import { DEFAULT_LIMITS } from '../apps/enclave/src/features/knowledge/reading/limits.ts';
import { MAX_FRAME_BYTES, readerReply } from '../apps/enclave/src/features/knowledge/reading/protocol.ts';
import { readBytes } from '../apps/enclave/src/features/knowledge/reading/read-bytes.ts';
import { readDocument } from '../apps/enclave/src/features/knowledge/reading/read-document.ts';
import { proseLines, writePdf } from '../apps/enclave/src/features/knowledge/reading/testing/pdf-writer.ts';

const SHARED = join(import.meta.dirname, '../../shared/documents');
const PAGES = 1000;
const SPAWNS = 5;
const MICROSECONDS = 1e6;

type Measure = { name: string; value: number; unit: string };

export async function run(): Promise<Measure[]> {
  const generated = Buffer.concat([...writePdf(PAGES, proseLines)]);
  await readPages(generated); // compiled code is measured, not its compilation: a long document pays that once
  const measures = [await measure('reading generated PDF', [generated])];
  const real = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => name.endsWith('.pdf')) : [];
  if (real.length > 0)
    measures.push(
      await measure(
        'reading real PDFs',
        real.map((name) => readFileSync(join(SHARED, name))),
      ),
    );
  return [...measures, await measureSpawn()];
}

async function measure(name: string, files: Uint8Array[]): Promise<Measure> {
  const before = process.cpuUsage();
  let pages = 0;
  for (const file of files) pages += await readPages(file);
  const { user, system } = process.cpuUsage(before);
  return { name, value: pages / ((user + system) / MICROSECONDS), unit: 'pages/s/core' };
}

/** How many pages were read; 0 of a file that is refused. */
async function readPages(file: Uint8Array): Promise<number> {
  const request = { promised: 'pdf', charset: null, sizeBytes: file.length, limits: DEFAULT_LIMITS } as const;
  const bytes = new ByteQueue(streamOf(new Uint8Array(file)));
  const frames = new ByteQueue(
    (async function* () {
      for await (const reply of readBytes(request, bytes)) yield encodeFrame(reply);
    })(),
  );
  for (;;) {
    const reply = readerReply.parse(await readFrame(frames, MAX_FRAME_BYTES));
    if (reply.type === 'done') return reply.pages ?? 0;
    if (reply.type === 'failed') return 0;
  }
}

/** The wall time of a document that is next to nothing: a child's start and end. */
async function measureSpawn(): Promise<Measure> {
  const times: number[] = [];
  for (let at = 0; at < SPAWNS; at++) {
    const from = performance.now();
    const bytes = streamOf(new TextEncoder().encode('Hello.'));
    for await (const _ of readDocument({ name: 'a.txt', bytes, signal: new AbortController().signal }));
    times.push(performance.now() - from);
  }
  return { name: 'reading one small text', value: times.sort((one, other) => one - other)[Math.floor(SPAWNS / 2)] ?? 0, unit: 'ms' };
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
