import { ReadFailure } from './failures.ts';
import type { DocumentFormat, Progress, Source } from './formats/format.ts';
import { READERS } from './formats/table.ts';
import type { ByteQueue } from './frames.ts';
import { normaliseText, toLine } from './normalise.ts';
import { createPassageCutter, type Passage } from './passages.ts';
import type { ReaderReply, ReaderRequest } from './protocol.ts';
import { detectFormat } from './sniff.ts';

const HEAD_BYTES = 4096;
const BATCH = 32;
const MS_BETWEEN_REPORTS = 100;
const MAX_TITLE_LENGTH = 300;

/** Reads one document in this process: what the child does. Ends with exactly one `done` or `failed`, and never throws. */
export async function* readBytes(request: ReaderRequest, bytes: ByteQueue): AsyncGenerator<ReaderReply> {
  try {
    const head = await bytes.take(HEAD_BYTES);
    bytes.unread(head);
    const source = toSource(bytes, request);
    yield* readAs(chooseFormat(head, request.promised ?? undefined), source);
  } catch (error) {
    yield toFailed(error);
  }
}

function chooseFormat(head: Uint8Array, promised: DocumentFormat | undefined): DocumentFormat {
  const kind = detectFormat(head, promised);
  if (kind !== 'archive' && kind !== 'compound') return kind;
  throw new ReadFailure('unsupported');
}

async function* readAs(format: DocumentFormat, source: Source): AsyncGenerator<ReaderReply> {
  const read = await READERS[format]?.();
  if (!read) throw new ReadFailure('unsupported');
  const cutter = createPassageCutter();
  let title = '';
  let pages: number | undefined;
  let hasText = false;
  let passages: Passage[] = [];
  let progress: Progress | undefined;
  let reportedAt = performance.now();

  function* report(): Generator<ReaderReply> {
    for (let at = 0; at < passages.length; at += BATCH) yield { type: 'passages', passages: passages.slice(at, at + BATCH) };
    if (progress) yield progress;
    passages = [];
    progress = undefined;
    reportedAt = performance.now();
  }

  for await (const event of read(source)) {
    if (event.type === 'text') {
      const text = normaliseText(event.text);
      hasText ||= text.trim() !== '';
      passages.push(...cutter.push({ ...event, text }));
      if (cutter.length() > source.limits.maxCharacters) throw new ReadFailure('too_large');
    } else if (event.type === 'progress') {
      progress = event;
    } else {
      title = toTitle(event.title ?? '') || title;
      pages = event.pages ?? pages;
    }
    if (passages.length >= BATCH || performance.now() - reportedAt >= MS_BETWEEN_REPORTS) yield* report();
  }
  if (!hasText) throw new ReadFailure('no_text', pages === undefined ? {} : { pages });
  passages.push(...cutter.finish());
  yield* report();
  yield { type: 'done', format, characters: cutter.length(), ...(title ? { title } : {}), ...(pages === undefined ? {} : { pages }) };
}

function toSource(bytes: ByteQueue, { charset, sizeBytes, limits }: ReaderRequest): Source {
  let whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    charset: charset ?? undefined,
    sizeBytes,
    limits,
    all: () => {
      whole ??= bytes.take(limits.maxBytes);
      return whole;
    },
    stream: async function* () {
      for (let chunk = await bytes.next(); chunk.length > 0; chunk = await bytes.next()) yield chunk;
    },
  };
}

/** Whatever a parser throws on a hostile file means that the file is damaged, unless memory ran out. */
function toFailed(error: unknown): ReaderReply {
  if (error instanceof ReadFailure) return { type: 'failed', code: error.code, params: error.params };
  const isMemory = error instanceof RangeError && /allocation|string length|array length|array buffer/i.test(error.message);
  return { type: 'failed', code: isMemory ? 'memory' : 'corrupt', params: {} };
}

function toTitle(text: string): string {
  return toLine(normaliseText(text)).slice(0, MAX_TITLE_LENGTH).toWellFormed();
}
