/** The page's side: a transport and the state of the last check, over a worker that may be lost and is then replaced. */
import type { Environment, EnvironmentState, PastCheck } from '../verification/environment.ts';
import type { ChannelSettings, CrossedError, FromWorker, ToWorker } from './messages.ts';

export interface ChannelWorker {
  postMessage(message: ToWorker, options?: { transfer?: Transferable[] }): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

/** The line to the server: what is sent through it waits for the check, and is not sent if the check fails. */
export interface Line extends Environment {
  readonly transport: (request: Request) => Promise<Response>;
}

/** A call that the sealed connection refused or lost. `code` is that of the channel, or `not_verified`: nothing was sent. */
export class LineError extends Error {
  override readonly name = 'LineError';
  readonly code: string;

  constructor({ code, message }: CrossedError) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  resolve(message: FromWorker): void;
  reject(error: unknown): void;
}

/** A worker that dies sooner after the one before it is not replaced before somebody asks. */
const CRASH_PAUSE_MS = 10_000;
const PAST_CHECKS = 200;
const LOST: CrossedError = { code: 'worker_lost', message: 'The part of this page that seals requests has ended.' };

/** Opens a line and begins to check at once, before there is anything to send. */
export function openLine(spawn: () => ChannelWorker, settings: ChannelSettings): Line {
  let worker: ChannelWorker | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;
  let lastId = 0;
  let state: EnvironmentState = { phase: 'checking', history: [] };
  let isQuiet = false;
  const listeners = new Set<() => void>();
  /** What each request waits for: its head, then one piece at a time. */
  const waiting = new Map<number, Waiting>();
  start();

  function start(): ChannelWorker {
    startedAt = performance.now();
    const started = spawn();
    started.onmessage = ({ data }) => receive(data);
    started.onerror = (event) => {
      event.preventDefault?.();
      if (worker === started) crash();
    };
    worker = started;
    change({ phase: 'checking' });
    started.postMessage({ do: 'open', settings });
    started.postMessage({ do: 'check', fresh: false });
    return started;
  }

  function crash(): void {
    worker?.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new LineError(LOST));
    waiting.clear();
    if (performance.now() - startedAt > CRASH_PAUSE_MS) start();
    else change({ phase: 'unreachable' }, 'unreachable');
  }

  function change(next: Partial<EnvironmentState>, past?: PastCheck['verdict']): void {
    const history = past ? [...state.history, { at: new Date(), verdict: past }].slice(-PAST_CHECKS) : state.history;
    state = { ...state, ...next, history };
    for (const listener of listeners) listener();
  }

  function receive(message: FromWorker): void {
    switch (message.is) {
      case 'checking':
        if (!isQuiet) change({ phase: 'checking' });
        break;
      case 'checked':
        isQuiet = false;
        change(
          { phase: 'checked', verdict: message.verdict, keyWords: message.keyWords ?? '', wasVerified: message.wasVerified },
          message.verdict.verdict,
        );
        break;
      case 'unreachable':
        isQuiet = false;
        change({ phase: 'unreachable' }, 'unreachable');
        break;
      default: {
        const waiter = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.is === 'failed') waiter?.reject(new LineError(message.error));
        else waiter?.resolve(message);
      }
    }
  }

  function ask(message: Extract<ToWorker, { id: number }>, transfer: Transferable[] = []): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      waiting.set(message.id, { resolve, reject });
      (worker ?? start()).postMessage(message, { transfer });
    });
  }

  function leave(id: number, reason: unknown): void {
    waiting.get(id)?.reject(reason);
    waiting.delete(id);
    worker?.postMessage({ do: 'leave', id });
  }

  async function send(request: Request): Promise<Response> {
    const { method, headers, signal } = request;
    const { pathname, search } = new URL(request.url);
    const body = request.body ? await request.arrayBuffer() : null;
    signal.throwIfAborted();
    const id = ++lastId;
    const onAbort = () => leave(id, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const message = { do: 'request', id, method, path: pathname + search, headers: [...headers], body } as const;
      const head = await ask(message, body ? [body] : []);
      if (head.is !== 'head') throw new LineError(LOST);
      const init = { status: head.status, headers: head.headers as [string, string][] };
      if (head.hasBody) return new Response(bodyOf(id, signal, worker), init);
      return new Response(null, init);
    } catch (error) {
      signal.removeEventListener('abort', onAbort);
      throw error;
    }
  }

  /** One piece is asked for at a time, so that a slow reader slows the server and not the page's memory. */
  function bodyOf(id: number, signal: AbortSignal, source: ChannelWorker | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      async pull(controller) {
        signal.throwIfAborted();
        if (worker !== source) throw new LineError(LOST);
        const next = await ask({ do: 'pull', id });
        if (next.is === 'piece') controller.enqueue(new Uint8Array(next.bytes));
        else controller.close();
      },
      cancel: (reason) => leave(id, reason),
    });
  }

  return {
    transport: send,
    current: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recheck({ quietly = false } = {}) {
      if (!worker) start();
      else if (state.phase !== 'checking' && !isQuiet) {
        isQuiet = quietly;
        if (!quietly) change({ phase: 'checking' });
        worker.postMessage({ do: 'check', fresh: true });
      }
    },
    async forget() {
      await ask({ do: 'forget', id: ++lastId });
    },
    async evidence() {
      const answer = await ask({ do: 'evidence', id: ++lastId });
      return answer.is === 'evidence' ? answer.evidence : undefined;
    },
  };
}
