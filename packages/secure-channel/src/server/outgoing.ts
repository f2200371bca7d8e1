import { type Bytes, concat } from '../protocol/bytes.ts';
import { MAX_CONTENT_BYTES } from '../protocol/records.ts';

export type SealContent = (content: Uint8Array, isLast: boolean) => Bytes;

/**
 * Turns a head and a body into frames. What comes after a pause leaves at once, so no first token waits; what follows within `gatherMs` shares a record.
 * @returns all bytes if the body ended by itself at once, else a stream that reads no faster than it is read
 */
export async function sealBody(
  head: Uint8Array,
  body: ReadableStream<Uint8Array> | null,
  seal: SealContent,
  gatherMs: number,
): Promise<Bytes | ReadableStream<Uint8Array>> {
  if (!body) return seal(head, true);
  const reader = body.getReader();
  const frames = framesOf(head, reader, seal, gatherMs);
  const first = await frames.next();
  if (first.done) return new Uint8Array();
  if (first.value.isLast) return first.value.bytes;
  let next: typeof first | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = next ?? (await frames.next());
        next = undefined;
        if (value) controller.enqueue(value.bytes);
        if (done || value.isLast) controller.close();
      } catch (error) {
        // No last record: the other side sees the cut.
        controller.error(error);
      }
    },
    async cancel(reason) {
      await reader.cancel(reason).catch(() => undefined);
    },
  });
}

interface Frames {
  readonly bytes: Bytes;
  readonly isLast: boolean;
}

async function* framesOf(
  head: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  seal: SealContent,
  gatherMs: number,
): AsyncGenerator<Frames, undefined> {
  let pending: Uint8Array[] = [head];
  let size = head.length;
  const read = () => {
    const one = reader.read();
    // It may fail while a slow client keeps us from awaiting it; it is awaited later.
    one.catch(() => undefined);
    return one;
  };
  let next = read();
  let gathering = opened(0);
  let sentAt = 0;
  for (;;) {
    // With nothing to send there is nothing to hurry for.
    const result = size >= MAX_CONTENT_BYTES ? false : await (size === 0 ? next : Promise.race([next, gathering.late]));
    if (result && !result.done) {
      if (size === 0) gathering = opened(sentAt + gatherMs - performance.now());
      pending.push(result.value);
      size += result.value.length;
      next = read();
      if (gatherMs > 0) continue;
    }
    gathering.close();
    const isLast = result !== false && result.done;
    yield { bytes: sealAll(pending.length === 1 && pending[0] ? pending[0] : concat(...pending), isLast, seal), isLast };
    if (isLast) return undefined;
    pending = [];
    size = 0;
    sentAt = performance.now();
  }
}

function sealAll(content: Uint8Array, isLast: boolean, seal: SealContent): Bytes {
  if (content.length <= MAX_CONTENT_BYTES) return seal(content, isLast);
  const frames: Bytes[] = [];
  for (let at = 0; at < content.length; at += MAX_CONTENT_BYTES) {
    const end = at + MAX_CONTENT_BYTES;
    frames.push(seal(content.subarray(at, end), isLast && end >= content.length));
  }
  return concat(...frames);
}

/** A time to gather in: so many milliseconds, at least until pending work of this turn is done. */
function opened(ms: number): { late: Promise<false>; close(): void } {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  if (ms <= 0) {
    const immediate = setImmediate(resolve, false);
    return { late, close: () => clearImmediate(immediate) };
  }
  const timer = setTimeout(resolve, ms, false);
  return { late, close: () => clearTimeout(timer) };
}
