import { type ChildProcess, fork } from 'node:child_process';
import { totalmem } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../errors.ts';
import type { Model, ModelEvent, ModelRequest } from '../model.ts';
import { EXIT_OVER_MEMORY, type Order, Report, UNAVAILABLE } from './protocol.ts';

export interface LlamaOptions {
  readonly id: string;
  /** The opened bytes of the model file, each time it is loaded. */
  open(): AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
  /** In hex; a file with another one is not loaded. */
  readonly sha256: string;
  readonly contextTokens: number;
  /** All cores but one by default. More than there are idle makes it slower by far. */
  readonly threads?: number | undefined;
  /** How long it stays in memory without a question. */
  readonly idleMs?: number;
  /** What its process may use: three quarters of the machine by default. */
  readonly memoryLimitBytes?: number;
}

export type LlamaModel = Model & AsyncDisposable;

const WORKER = fileURLToPath(new URL('./llama-worker.ts', import.meta.url));
const IDLE_MS = 10 * 60_000;

/**
 * A model file run on this machine, in a process of its own that starts with the first question and ends when it has been idle. Its bytes
 * are opened in memory only; where no memory file system exists (anywhere but on Linux) it is `model_unavailable`.
 */
export function createLlamaModel(options: LlamaOptions): LlamaModel {
  const { id, contextTokens, idleMs = IDLE_MS } = options;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let users = 0;

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    signal.throwIfAborted();
    if (!worker || worker.hasEnded()) worker = startWorker(options);
    clearTimeout(idle);
    users++;
    try {
      yield* worker.ask(request, signal);
    } finally {
      if (--users === 0) idle = setTimeout(() => void stop(), idleMs).unref();
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(idle);
    await worker?.stop();
  }

  return { id, provider: 'llama', contextTokens, stream, [Symbol.asyncDispose]: stop };
}

interface Worker {
  ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent>;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

function startWorker({ open, sizeBytes, sha256, contextTokens, threads, memoryLimitBytes = totalmem() * 0.75 }: LlamaOptions): Worker {
  // Nothing of our environment, which holds secrets, and no output: a library may print what it reads.
  const child = fork(WORKER, [], {
    env: { NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' },
    execArgv: ['--max-old-space-size=1024'],
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  });
  const asks = new Map<number, ReadableStreamDefaultController<AnswerReport>>();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let count = 0;
  let failure: AppError | undefined;

  const end = (error: AppError) => {
    failure ??= error;
    for (const ask of asks.values()) ask.error(failure);
    asks.clear();
    child.kill('SIGKILL');
  };
  child.on('error', (error) => end(new AppError('model_unavailable', { reason: UNAVAILABLE.runtime }, { cause: error })));
  child.on('exit', (code) => {
    const reason = code === EXIT_OVER_MEMORY ? UNAVAILABLE.memory : undefined;
    end(reason ? new AppError('model_unavailable', { reason }) : new AppError('model_interrupted'));
  });
  child.on('message', (message) => {
    const { success, data } = Report.safeParse(message);
    if (!success) end(new AppError('model_interrupted'));
    else if (data.type === 'unavailable') end(new AppError('model_unavailable', { reason: UNAVAILABLE[data.why] }));
    else if (data.type !== 'ready') asks.get(data.ask)?.enqueue(data);
  });
  send(child, { type: 'load', sizeBytes, sha256, contextTokens, threads, memoryLimitBytes });
  // A process that does not take all of it has said why, or its exit will.
  if (child.stdin) pipeline(Readable.from(storedBytes()), child.stdin).catch(() => {});

  async function* storedBytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* open();
    } catch (cause) {
      end(cause instanceof AppError ? cause : new AppError('internal', {}, { cause }));
    }
  }

  async function* ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    if (failure) throw failure;
    const ask = ++count;
    const reports = new ReadableStream<AnswerReport>({ start: (controller) => void asks.set(ask, controller) });
    const onAbort = () => asks.get(ask)?.error(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    send(child, { type: 'ask', ask, request });
    try {
      for await (const report of reports) {
        if (report.type === 'failed') throw new AppError(report.code);
        if (report.type === 'text') {
          yield { type: 'text', text: report.text };
          continue;
        }
        yield { type: 'usage', inputTokens: report.inputTokens, outputTokens: report.outputTokens };
        yield { type: 'finish', reason: report.reason };
        return;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Does nothing when it has finished.
      if (asks.delete(ask)) send(child, { type: 'stop', ask });
    }
  }

  return {
    ask,
    hasEnded: () => failure !== undefined,
    async stop() {
      end(new AppError('model_interrupted'));
      await exited;
    },
  };
}

type AnswerReport = Extract<Report, { ask: number }>;

function send(child: ChildProcess, order: Order): void {
  // A process that is gone is dealt with where its exit is seen.
  if (child.connected) child.send(order, () => {});
}
