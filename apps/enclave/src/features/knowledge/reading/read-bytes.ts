import { ReadFailure } from './failures.ts';
import type { DocumentFormat, Progress, Source } from './formats/format.ts';
import { READERS } from './formats/table.ts';
import { ByteQueue } from './frames.ts';
import { MAX_TITLE_LENGTH } from './limits.ts';
import { normaliseText, toLine } from './normalise.ts';
import { createPassageCutter, type Passage } from './passages.ts';
import type { ReaderReply, ReaderRequest } from './protocol.ts';
import { declaredCharset, detectFormat, promisedFormat } from './sniff.ts';

const HEAD_BYTES = 4096;
const BATCH = 32;
const MS_BETWEEN_REPORTS = 100;
/** Of mail that holds documents, that hold documents. */
const MAX_NESTED_DOCUMENTS = 3;

/** Reads one document in this process: what the child does. Ends with exactly one `done` or `failed`, and never throws. */
export async function* readBytes(request: ReaderRequest, bytes: ByteQueue): AsyncGenerator<ReaderReply> {
  try {
    const { charset, sizeBytes, limits } = request;
    const source = createSource(bytes, { charset: charset ?? undefined, sizeBytes, limits }, 0);
    yield* toReplies(await chooseFormat(bytes, source, request.promised ?? undefined), source);
  } catch (error) {
    const { code, params } = toReadFailure(error);
    yield { type: 'failed', code, params };
  }
}

/** By the first bytes; of archives by their parts. */
async function chooseFormat(bytes: ByteQueue, source: Source, promised: DocumentFormat | undefined): Promise<DocumentFormat> {
  const head = await bytes.take(HEAD_BYTES);
  bytes.unread(head);
  const kind = detectFormat(head, promised);
  if (kind !== 'archive' && kind !== 'compound') return kind;
  const { formatOfArchive, refuseCompound } = await import('./formats/archive-kind.ts');
  return kind === 'archive' ? formatOfArchive(await source.all(), source.limits) : refuseCompound(await source.all());
}

async function* toReplies(format: DocumentFormat, source: Source): AsyncGenerator<ReaderReply> {
  const read = await READERS[format]();
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

function createSource(bytes: ByteQueue, about: Pick<Source, 'charset' | 'sizeBytes' | 'limits'>, depth: number): Source {
  let whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    ...about,
    all: () => {
      whole ??= bytes.take(about.limits.maxBytes);
      return whole;
    },
    stream: async function* () {
      for (let chunk = await bytes.next(); chunk.length > 0; chunk = await bytes.next()) yield chunk;
    },
    readNested: async function* (file) {
      if (depth === MAX_NESTED_DOCUMENTS) throw new ReadFailure('unsupported');
      const inner = new ByteQueue(
        (async function* () {
          yield file.bytes;
        })(),
      );
      const { limits } = about;
      const source = createSource(inner, { charset: declaredCharset(file.mediaType), sizeBytes: file.bytes.length, limits }, depth + 1);
      try {
        const format = await chooseFormat(inner, source, promisedFormat(file.name, file.mediaType));
        yield* (await READERS[format]())(source);
      } catch (error) {
        throw toReadFailure(error);
      }
    },
  };
}

/** Whatever a parser throws on a hostile file means that the file is damaged, unless memory ran out. */
function toReadFailure(error: unknown): ReadFailure {
  if (error instanceof ReadFailure) return error;
  const isMemory = error instanceof RangeError && /allocation|string length|array length|array buffer/i.test(error.message);
  return new ReadFailure(isMemory ? 'memory' : 'corrupt', {}, error);
}

function toTitle(text: string): string {
  return toLine(normaliseText(text)).slice(0, MAX_TITLE_LENGTH).toWellFormed();
}
