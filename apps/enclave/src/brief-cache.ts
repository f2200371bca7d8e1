interface Kept<V> {
  readonly until: number;
  readonly value: Promise<V>;
}

/**
 * Keeps what was read and checked for a short time, so that a hot path does not open the same rows with every request.
 * A row that was tampered with is noticed once its time is over.
 */
export class BriefCache<K, V> {
  readonly #kept = new Map<K, Kept<V>>();
  readonly #keptMs: number;
  readonly #maxItems: number;

  constructor(keptMs = 1_000, maxItems = 10_000) {
    this.#keptMs = keptMs;
    this.#maxItems = maxItems;
  }

  /** The value under `key`, opened where it is not there or too old. Failures are not kept. */
  get(key: K, open: () => Promise<V>): Promise<V> {
    const now = performance.now();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now) return kept.value;
    const value = open();
    if (this.#kept.size >= this.#maxItems) this.#kept.clear();
    this.#kept.set(key, { until: now + this.#keptMs, value });
    value.catch(() => this.#kept.delete(key));
    return value;
  }

  delete(key: K): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}
