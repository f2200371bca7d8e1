import type { ErrorCode } from '@privexbot/contract';
import type { AppError } from '../errors.ts';
import { toAppError } from './errors.ts';

/** Asks again whether the caller may still do this. @throws AppError where not */
type Recheck = () => Promise<void>;

export interface OpenCall {
  /** Aborted when the caller goes away, or may no longer do this. */
  readonly signal: AbortSignal;
  /** Why the call was ended, where its caller lost the right to it. */
  readonly ended: AppError | undefined;
  /** The same bytes, cut off when the call is ended. */
  guard(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
  /** The same values; throws why the call was ended as soon as it is, without waiting for the next one. */
  follow<T>(source: AsyncIterable<T>): AsyncGenerator<T>;
  close(): void;
}

interface Watched {
  readonly recheck: Recheck;
  readonly end: (why: AppError) => void;
  /** What `changes` said at the last check, and when that was. */
  asOf: number;
  at: number;
  isChecking: boolean;
}

/** With the second for which identities are remembered, and that after which other servers' changes are heard, within five seconds. */
const TICK_MS = 500;
/** Where nothing changed that carries rights: sessions and tokens also end by the clock. */
const AT_LEAST_EVERY_MS = 2_000;

/**
 * The calls under way. Who loses a right in the midst of an answer, for whichever reason, gets no more of it: the caller of
 * each call that takes longer is asked for again when rows that carry rights have changed.
 */
export class OpenCalls {
  readonly #changes: () => number;
  readonly #now: () => number;
  readonly #open = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** @param changes grows whenever rows that carry rights were changed */
  constructor(changes: () => number, now: () => number = () => performance.now()) {
    this.#changes = changes;
    this.#now = now;
  }

  /** @param onEnded told once, where the call was ended because its caller lost the right to it */
  open(gone: AbortSignal, recheck: Recheck, onEnded: (why: AppError) => void): OpenCall {
    const stop = new AbortController();
    const leave = () => stop.abort(gone.reason);
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
    let ended: AppError | undefined;
    let interrupt: (why: AppError) => void = () => undefined;
    const watched: Watched = {
      recheck,
      end: (why) => {
        ended = why;
        close();
        stop.abort(why);
        interrupt(why);
        onEnded(why);
      },
      asOf: this.#changes(),
      at: this.#now(),
      isChecking: false,
    };
    const close = () => {
      this.#open.delete(watched);
      gone.removeEventListener('abort', leave);
    };
    const unlessEnded = <T>(work: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        interrupt = reject;
        work.then(resolve, reject);
        if (ended) reject(ended);
      });
    this.#open.add(watched);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return {
      signal: stop.signal,
      get ended() {
        return ended;
      },
      guard: (body) => guarded(body, unlessEnded, close),
      follow: (source) => followed(source, unlessEnded, close),
      close,
    };
  }

  #tick(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const changes = this.#changes();
    const now = this.#now();
    for (const call of this.#open)
      if (!call.isChecking && (call.asOf !== changes || now - call.at >= AT_LEAST_EVERY_MS)) {
        Object.assign(call, { asOf: changes, at: now, isChecking: true });
        void this.#check(call);
      }
  }

  async #check(call: Watched): Promise<void> {
    try {
      await call.recheck();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (this.#open.has(call) && !PASSING.has(error.code)) call.end(error);
    } finally {
      call.isChecking = false;
    }
  }
}

/** Failures of the server itself take no right from anybody. A record that was changed from outside grants none. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['unavailable', 'busy', 'shutting_down', 'storage_full', 'rate_limited', 'internal']);

type UnlessEnded = <T>(work: Promise<T>) => Promise<T>;

function guarded(body: ReadableStream<Uint8Array>, unlessEnded: UnlessEnded, close: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await unlessEnded(reader.read());
          if (!done) return controller.enqueue(value);
          close();
          controller.close();
        } catch (error) {
          close();
          void reader.cancel(error).catch(() => undefined);
          throw error;
        }
      },
      async cancel(reason) {
        close();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* followed<T>(source: AsyncIterable<T>, unlessEnded: UnlessEnded, close: () => void): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let isWaiting = false;
  try {
    for (;;) {
      isWaiting = true;
      const next = await unlessEnded(iterator.next());
      isWaiting = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    close();
    const ending = Promise.resolve(iterator.return?.());
    // A source that is waiting for something ends when it has that; nobody here waits for it.
    if (isWaiting) ending.catch(() => undefined);
    else await ending;
  }
}
