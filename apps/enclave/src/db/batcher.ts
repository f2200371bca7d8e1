interface Waiting<T> {
  readonly item: T;
  resolve(): void;
  reject(error: unknown): void;
}

interface Options<K, T> {
  /** An item waits no longer than this before its batch is flushed. */
  readonly maxWaitMs: number;
  readonly maxItems: number;
  /** Writes a batch of one group; a batch of several that fails is repeated item by item. */
  flush(group: K, items: readonly T[]): Promise<unknown>;
}

/**
 * Group commit: items of one group that arrive together are written together. While a batch is under way the next one
 * collects, so under load the batches grow and nobody waits for the timer.
 */
export class Batcher<K, T> {
  readonly #options: Options<K, T>;
  readonly #waiting = new Map<K, Waiting<T>[]>();
  readonly #running = new Map<K, Promise<void>>();

  constructor(options: Options<K, T>) {
    this.#options = options;
  }

  /** Resolves when the item is written. */
  add(group: K, item: T): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(group) ?? [];
    if (queue.push({ item, resolve, reject }) === 1) this.#waiting.set(group, queue);
    if (!this.#running.has(group)) this.#run(group);
    return promise;
  }

  /** Waits until everything added so far is written or refused. */
  async drain(): Promise<void> {
    while (this.#running.size) await Promise.all(this.#running.values());
  }

  #run(group: K): void {
    this.#running.set(group, this.#loop(group));
  }

  async #loop(group: K): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#options.maxWaitMs));
    for (let queue = this.#waiting.get(group); queue?.length; queue = this.#waiting.get(group)) {
      const batch = queue.splice(0, this.#options.maxItems);
      await this.#write(group, batch);
    }
    // In the same step as the last look into the queue, so that no item is left behind.
    this.#waiting.delete(group);
    this.#running.delete(group);
  }

  async #write(group: K, batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#options.flush(
        group,
        batch.map(({ item }) => item),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(error);
      else for (const one of batch) await this.#write(group, [one]);
    }
  }
}
