/** The `capacity` highest scores seen, with their ids. Equal scores keep the lower id, so results do not depend on the order of arrival. */
export class Top {
  readonly #ids: Uint32Array;
  readonly #scores: Float32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#ids = new Uint32Array(capacity);
    this.#scores = new Float32Array(capacity);
  }

  /** The score that a further candidate has to beat; -Infinity while there is room. */
  get floor(): number {
    return this.#size < this.#ids.length ? Number.NEGATIVE_INFINITY : (this.#scores[0] ?? Number.POSITIVE_INFINITY);
  }

  offer(id: number, score: number): void {
    if (this.#size < this.#ids.length) {
      this.#set(this.#size, id, score);
      this.#rise(this.#size++);
    } else if (this.#size > 0 && this.#isWorse(0, id, score)) {
      this.#set(0, id, score);
      this.#sink();
    }
  }

  /** Ids, best first. */
  ids(): number[] {
    return Array.from({ length: this.#size }, (_, at) => at)
      .sort((a, b) => this.#scoreAt(b) - this.#scoreAt(a) || this.#idAt(a) - this.#idAt(b))
      .map((at) => this.#idAt(at));
  }

  #idAt(at: number): number {
    return this.#ids[at] ?? 0;
  }

  #scoreAt(at: number): number {
    return this.#scores[at] ?? 0;
  }

  #set(at: number, id: number, score: number): void {
    this.#ids[at] = id;
    this.#scores[at] = score;
  }

  #isWorse(at: number, id: number, score: number): boolean {
    const own = this.#scoreAt(at);
    return own < score || (own === score && this.#idAt(at) > id);
  }

  #swap(a: number, b: number): void {
    const id = this.#idAt(a);
    const score = this.#scoreAt(a);
    this.#set(a, this.#idAt(b), this.#scoreAt(b));
    this.#set(b, id, score);
  }

  // A binary heap with the worst on top.
  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(at, this.#idAt(parent), this.#scoreAt(parent))) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#size && this.#isWorse(child, this.#idAt(worst), this.#scoreAt(worst))) worst = child;
      }
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }
}
