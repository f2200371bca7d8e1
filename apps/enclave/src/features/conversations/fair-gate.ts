import { AppError } from '../../errors.ts';

interface Options {
  /** Answers under way at once. */
  readonly running: number;
  /** Questions that one caller may have waiting. */
  readonly waitingPerCaller: number;
}

/** Lets a number of answers run at once and the callers take turns, so that one with many questions delays nobody else's. */
export class FairGate {
  readonly #options: Options;
  /** Waiting questions per caller; the map's order is the order of turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Waits for a turn. Dispose the result when the answer has ended.
   * @throws AppError `busy` if the caller has too many questions waiting; the signal's reason if it gave up
   */
  async enter(caller: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#running >= this.#options.running) await this.#wait(caller, signal);
    else this.#running++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  #wait(caller: string, signal: AbortSignal): Promise<void> {
    const queue = this.#waiting.get(caller) ?? [];
    if (queue.length >= this.#options.waitingPerCaller) throw new AppError('busy');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    queue.push(resolve);
    this.#waiting.set(caller, queue);
    const giveUp = () => {
      const index = queue.indexOf(resolve);
      if (index < 0) return;
      queue.splice(index, 1);
      if (queue.length === 0) this.#waiting.delete(caller);
      reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  /** Hands the place to the caller whose turn it is, and puts that caller last. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running--;
      return;
    }
    const [caller, queue] = next;
    const enter = queue.shift();
    this.#waiting.delete(caller);
    if (queue.length) this.#waiting.set(caller, queue);
    enter?.();
  }
}
