import { join } from 'node:path';
import { ReadFailure } from './failures.ts';
import type { DocumentFormat, Progress } from './formats/format.ts';
import { DEFAULT_LIMITS, type ReadLimits } from './limits.ts';
import type { Passage } from './passages.ts';
import { readerReply } from './protocol.ts';
import { ReaderProcess } from './reader-process.ts';
import { declaredCharset, promisedFormat } from './sniff.ts';

export type ReadEvent =
  | Progress
  | { type: 'passages'; passages: Passage[] }
  | { type: 'done'; title?: string; format: DocumentFormat; characters: number; pages?: number };

export type ReadInput = {
  /** Only its extension is used. */
  name: string;
  mediaType?: string;
  /** Only for the total of `bytes` progress. */
  sizeBytes?: number;
  bytes: AsyncIterable<Uint8Array>;
  signal: AbortSignal;
  limits?: Partial<ReadLimits>;
};

const WORKER = join(import.meta.dirname, 'read-worker.ts');

/**
 * Reads a document of any supported format in a child process of its own, whatever the bytes are.
 * Yields progress and passages in order, then one `done`. The child waits while the caller does not ask for more, and ends with the
 * generator. Throws `ReadFailure`, the reason of `signal`, or what `bytes` throws.
 */
export function readDocument(input: ReadInput): AsyncGenerator<ReadEvent> {
  return readWith(WORKER, input);
}

/** `readDocument` with another program as the child. */
export async function* readWith(
  script: string,
  { name, mediaType, sizeBytes, bytes, signal, limits }: ReadInput,
): AsyncGenerator<ReadEvent> {
  signal.throwIfAborted();
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  await using reader = new ReaderProcess(script, bounds);
  const stopped = stopOn(signal, reader);
  const charset = declaredCharset(mediaType) ?? null;
  const request = { promised: promisedFormat(name, mediaType) ?? null, charset, sizeBytes: sizeBytes ?? 0, limits: bounds };
  void reader.feed(request, bytes).catch((error: unknown) => stopped.because(error));
  try {
    yield* checked(reader, bounds);
  } catch (error) {
    throw stopped.reason() ?? error;
  } finally {
    stopped.forget();
  }
}

/** Passes on what the child says as long as it is consistent: passages that tile, within the limits, and one end. */
async function* checked(reader: ReaderProcess, { maxCharacters }: ReadLimits): AsyncGenerator<ReadEvent> {
  let ordinal = 0;
  let characters = 0;
  for (;;) {
    const reply = readerReply.safeParse(await reader.next()).data;
    if (!reply) throw new ReadFailure('crashed');
    if (reply.type === 'failed') throw new ReadFailure(reply.code, reply.params);
    if (reply.type === 'passages') {
      for (const { ordinal: number, text, start, end } of reply.passages) {
        if (number !== ordinal || start !== characters || end !== start + text.length || !text.isWellFormed())
          throw new ReadFailure('crashed');
        ordinal++;
        characters = end;
      }
      if (characters > maxCharacters) throw new ReadFailure('too_large');
    }
    if (reply.type === 'done' && reply.characters !== characters) throw new ReadFailure('crashed');
    yield reply;
    if (reply.type === 'done') return;
  }
}

/** Ends the child when the caller aborts or its bytes fail, and keeps that reason: it explains more than the child's end does. */
function stopOn(
  signal: AbortSignal,
  reader: ReaderProcess,
): { because: (error: unknown) => void; reason: () => unknown; forget: () => void } {
  let reason: unknown;
  const because = (error: unknown): void => {
    reason ??= error;
    reader.kill('crashed');
  };
  const onAbort = (): void => because(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return { because, reason: () => reason, forget: () => signal.removeEventListener('abort', onAbort) };
}
