import { type Bytes, concat } from '../protocol/bytes.ts';
import { MAX_CONTENT_BYTES } from '../protocol/records.ts';

export type SealContent = (content: Uint8Array, isLast: boolean) => Bytes;

/**
 * Turns a head and a body into frames. What comes after a pause leaves at once, so no first token waits; what follows within `gatherMs` shares a record.
 * @returns all bytes if the body ended by itself at once, else a stream that reads at most a record ahead of whoever reads it
 */
export async function sealBody(
  head: Uint8Array,
  body: ReadableStream<Uint8Array> | null,
  seal: SealContent,
  gatherMs: number,
): Promise<Bytes | ReadableStream<Uint8Array>> {
  if (!body) return seal(head, true);
  const reader = body.getReader();
  const gathering = gather(head, reader, gatherMs);
  const first = await gathering.next();
  if (first.isLast) return sealAll(first.content, true, seal);
  let next: Gathered | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { content, isLast } = next ?? (await gathering.next());
        next = undefined;
        controller.enqueue(sealAll(content, isLast, seal));
        if (isLast) controller.close();
      } catch (error) {
        // No last record: the other side sees the cut.
        controller.error(error);
      }
    },
    async cancel(reason) {
      gathering.close();
      await reader.cancel(reason).catch(() => undefined);
    },
  });
}

interface Gathered {
  readonly content: Uint8Array;
  readonly isLast: boolean;
}

/** Contents of records, one after the other; one at a time may be asked for. */
interface Gathering {
  next(): Promise<Gathered>;
  close(): void;
}

/**
 * Reads on while it gathers, with one timer for each content: a race between timer and chunk costs more than the chunk does.
 * A content is ready when its time is up, when it is full, or when the body ended.
 */
function gather(head: Uint8Array, reader: ReadableStreamDefaultReader<Uint8Array>, gatherMs: number): Gathering {
  let pending: Uint8Array[] = [head];
  let size = head.length;
  let isReady = false;
  let isReading = false;
  let end: { readonly error?: unknown } | undefined;
  let sentAt = 0;
  let asked: PromiseWithResolvers<Gathered> | undefined;
  let window = opened(0, ready);

  function ready(): void {
    isReady = true;
    give();
  }

  /** Hands over what there is, if somebody waits for it and it is time. */
  function give(): void {
    if (!asked || !(isReady || end || size >= MAX_CONTENT_BYTES)) return;
    const { resolve, reject } = asked;
    asked = undefined;
    window.close();
    if (end && 'error' in end) {
      reject(end.error);
      return;
    }
    const content = pending.length === 1 && pending[0] ? pending[0] : concat(...pending);
    pending = [];
    size = 0;
    isReady = false;
    sentAt = performance.now();
    resolve({ content, isLast: end !== undefined });
    void read();
  }

  async function read(): Promise<void> {
    if (isReading || end) return;
    isReading = true;
    try {
      while (!isReady && !end && size < MAX_CONTENT_BYTES) {
        const { value, done } = await reader.read();
        if (done) end = {};
        else if (value.length > 0) {
          if (size === 0) window = opened(sentAt + gatherMs - performance.now(), ready);
          pending.push(value);
          size += value.length;
          if (gatherMs === 0) isReady = true;
        }
      }
    } catch (error) {
      end = { error };
    }
    isReading = false;
    give();
  }

  void read();
  return {
    next() {
      asked = Promise.withResolvers();
      const { promise } = asked;
      give();
      return promise;
    },
    close: () => window.close(),
  };
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
function opened(ms: number, late: () => void): { close(): void } {
  if (ms <= 0) {
    const immediate = setImmediate(late);
    return { close: () => clearImmediate(immediate) };
  }
  const timer = setTimeout(late, ms);
  return { close: () => clearTimeout(timer) };
}
