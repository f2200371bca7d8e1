const MAX_AGE_MS = 1_000;
const MAX_ENTRIES = 10_000;

/**
 * Remembers for a moment what was read and checked, because every request asks: who is who, which bot is live. A row that
 * was changed from outside is noticed within a second; what this process changes counts at once, because `changes` then
 * differs. An answer of `undefined` is not kept: callers can ask for as many things that are nowhere as they like.
 */
export class Recent<T> {
  readonly #now: () => Date;
  readonly #changes: () => number;
  #entries = new Map<string, { at: number; value: Promise<T> }>();
  #asOf = 0;

  /** @param changes grows whenever answers given before may be out of date */
  constructor(now: () => Date, changes: () => number) {
    this.#now = now;
    this.#changes = changes;
  }

  get(name: string, load: () => Promise<T>): Promise<T> {
    const changes = this.#changes();
    if (changes !== this.#asOf || this.#entries.size >= MAX_ENTRIES) {
      this.#entries = new Map();
      this.#asOf = changes;
    }
    const entries = this.#entries;
    const at = this.#now().getTime();
    const known = entries.get(name);
    // A clock that was set back makes the age negative.
    if (known && at >= known.at && at - known.at < MAX_AGE_MS) return known.value;
    const entry = { at, value: load() };
    entries.set(name, entry);
    const forget = () => void (entries.get(name) === entry && entries.delete(name));
    entry.value.then((value) => value === undefined && forget(), forget);
    return entry.value;
  }
}
