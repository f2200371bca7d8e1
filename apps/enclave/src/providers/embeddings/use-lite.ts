// The embedding model that ships with PrivexBot, in a process of its own that starts with the first text and ends when nothing comes.

import { AppError } from '../../errors.ts';
import type { Embedder } from './embedder.ts';
import { ModelProcess } from './use-lite/model-process.ts';
import { DIMENSIONS } from './use-lite/transformer.ts';
import { VectorCache } from './vector-cache.ts';

/** A call with so few texts is somebody's question: it goes before documents. */
const QUESTION_TEXTS = 2;
const QUESTIONS_PER_ROUND = 32;
/** A question waits for at most one round of these. */
const DOCUMENT_TEXTS_PER_ROUND = 8;
const CACHED_QUESTIONS = 1000;
const ATTEMPTS = 2;

type Wish = {
  text: string;
  isQuestion: boolean;
  attempts: number;
  resolve(vector: Float32Array): void;
  reject(error: unknown): void;
};

export type UseLiteSettings = { idleMs: number };

/** Opens the shipped model: Universal Sentence Encoder lite, 512 dimensions, English. Nothing runs before the first text. */
export function openUseLite({ idleMs }: UseLiteSettings = { idleMs: 60_000 }): Embedder & { readonly pid: number | undefined } {
  const cache = new VectorCache(CACHED_QUESTIONS);
  const waiting = new Set<Wish>();
  let running: ModelProcess | undefined;
  let isBusy = false;
  let isClosed = false;
  let idle: NodeJS.Timeout | undefined;

  /** Rounds follow each other: what comes in during one is joined in the next, so that load makes its own batches. */
  async function work(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    clearTimeout(idle);
    for (let round = nextRound(waiting); round.length > 0 && !isClosed; round = nextRound(waiting)) await embedRound(round);
    isBusy = false;
    idle = setTimeout(stop, idleMs).unref();
  }

  async function embedRound(round: readonly Wish[]): Promise<void> {
    for (const wish of round) waiting.delete(wish);
    try {
      running ??= new ModelProcess();
      const vectors = await running.embed(round.map(({ text }) => text));
      for (const [at, wish] of round.entries()) {
        const vector = vectors.slice(at * DIMENSIONS, (at + 1) * DIMENSIONS);
        if (wish.isQuestion) cache.set(wish.text, vector);
        wish.resolve(vector);
      }
    } catch (cause) {
      stop();
      for (const wish of round) {
        if (++wish.attempts < ATTEMPTS && !isClosed) waiting.add(wish);
        else wish.reject(ended(cause));
      }
    }
  }

  function stop(): void {
    running?.end();
    running = undefined;
  }

  function embedOne(text: string, isQuestion: boolean, signal: AbortSignal): Promise<Float32Array> {
    const known = isQuestion ? cache.get(text) : undefined;
    if (known) return Promise.resolve(known);
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const wish: Wish = { text, isQuestion, attempts: 0, resolve, reject };
    const abort = (): void => {
      waiting.delete(wish);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    waiting.add(wish);
    return promise.finally(() => signal.removeEventListener('abort', abort));
  }

  return {
    model: 'use-lite-en-1',
    dimensions: DIMENSIONS,
    get pid() {
      return running?.pid;
    },
    async embed(texts, signal) {
      signal.throwIfAborted();
      if (isClosed) throw ended();
      const isQuestion = texts.length <= QUESTION_TEXTS;
      const vectors = texts.map((text) => embedOne(text, isQuestion, signal));
      void work();
      return Promise.all(vectors);
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      stop();
      for (const wish of waiting) wish.reject(ended());
      waiting.clear();
    },
  };
}

function ended(cause?: unknown): AppError {
  return new AppError('model_unavailable', { reason: 'the embedding process has ended' }, { cause });
}

/** A wish that saw the process end goes alone, so that it takes nobody with it should it be the cause. */
function nextRound(waiting: ReadonlySet<Wish>): Wish[] {
  const wishes = [...waiting];
  const retried = wishes.find(({ attempts }) => attempts > 0);
  if (retried) return [retried];
  const questions = wishes.filter(({ isQuestion }) => isQuestion);
  return questions.length > 0 ? questions.slice(0, QUESTIONS_PER_ROUND) : wishes.slice(0, DOCUMENT_TEXTS_PER_ROUND);
}
