// Sentence vectors of many passages, searched exactly while they are few and by a filter of sign bits beyond. Rows are appended; removed
// ones are wiped at once and closed up in bulk. Nothing is built: the rows are the index.

import { toBytes, toUint32 } from './bytes.ts';
import { withRoom } from './growable.ts';
import { Top } from './top.ts';
import { LANE } from './vector-kernel.ts';
import { VectorMemory } from './vector-memory.ts';

const MAX_DIMENSIONS = 4096;
/** Question components are integers up to this: finer than int8, and the sum of MAX_DIMENSIONS products still fits into 32 bits. */
const QUESTION_PEAK = 2047;
const NO_SLOT = 0xffff_ffff;
/** Of real sentences the 0.4 % with the nearest sign bits held 98 % of the ten best passages; of clustered vectors all. */
const FILTERED_SHARE = 0.004;
/** No more than so many times the rows wanted are compared, should many have the same sign bits. */
const SURPLUS = 2;
/** About so many rows, some at a time, are looked at to tell how distances lie. */
const SAMPLED_ROWS = 16_384;
const SAMPLE_STEP = 64;
const PIECE_BYTES = 2 ** 26;
const NOTHING = new Int8Array(0);
const UNSCORED = Number.NEGATIVE_INFINITY;
/** Wiped rows are closed up when they are more than a quarter of the living. */
const SWEEP_SHARE = 0.25;
const SWEEP_MINIMUM = 1024;

export type VectorSettings = {
  /** Up to so many rows every one is compared in full. */
  exactRows: number;
  /** Beyond, about so many rows with the nearest sign bits are, or a share of all if that is more. */
  filteredRows: number;
  bytesPerMemory: number;
};

const DEFAULTS: VectorSettings = { exactRows: 8_192, filteredRows: 2000, bytesPerMemory: 2 ** 28 };

type Run = { row: number; count: number };

export class Vectors {
  readonly dimensions: number;
  readonly #padded: number;
  readonly #settings: VectorSettings;
  readonly #memories: VectorMemory[] = [];
  /** Where the rows of a slot are. */
  readonly #runs = new Map<number, Run>();
  /** The slot of each row; NO_SLOT for wiped rows. */
  #owners = new Uint32Array(0);
  #rows = 0;
  #wiped = 0;
  /** The best score of a slot for the last question; UNSCORED where there is none. */
  #best = new Float32Array(0);

  constructor(dimensions: number, settings: Partial<VectorSettings> = {}) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new RangeError(`Vectors must have 1 to ${MAX_DIMENSIONS} dimensions, not ${dimensions}`);
    }
    this.dimensions = dimensions;
    this.#padded = Math.ceil(dimensions / LANE) * LANE;
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** How many passages have vectors. */
  get slots(): number {
    return this.#runs.size;
  }

  get rows(): number {
    return this.#rows - this.#wiped;
  }

  get bytes(): number {
    return (
      this.#memories.reduce((sum, { bytes }) => sum + bytes, 0) + this.#owners.byteLength + this.#best.byteLength + this.#runs.size * 64
    );
  }

  has(slot: number): boolean {
    return this.#runs.has(slot);
  }

  /** Sets the vectors of a slot, one after the other; they replace earlier ones. Any length will do, directions count. */
  set(slot: number, vectors: Int8Array): void {
    if (vectors.length % this.dimensions !== 0) {
      throw new RangeError(`${vectors.length} components are not whole vectors of ${this.dimensions} dimensions`);
    }
    this.remove(slot);
    const count = vectors.length / this.dimensions;
    if (count === 0) return;
    this.#owners = withRoom(this.#owners, this.#rows + count);
    const grown = withRoom(this.#best, slot + 1);
    if (grown !== this.#best) this.#best = grown.fill(UNSCORED);
    this.#runs.set(slot, { row: this.#rows, count });
    for (let at = 0; at < count; at++) {
      this.#owners[this.#rows] = slot;
      this.#write(this.#rows++, vectors.subarray(at * this.dimensions, (at + 1) * this.dimensions));
    }
  }

  remove(slot: number): void {
    const run = this.#runs.get(slot);
    if (!run) return;
    this.#runs.delete(slot);
    for (let row = run.row; row < run.row + run.count; row++) {
      this.#owners[row] = NO_SLOT;
      this.#write(row, NOTHING);
    }
    this.#wiped += run.count;
    if (this.#wiped > SWEEP_MINIMUM + this.rows * SWEEP_SHARE) this.#sweep();
  }

  /** The vectors of a slot as they were set, lengths aside; a copy. */
  get(slot: number): Int8Array {
    const { row, count } = this.#runs.get(slot) ?? { row: 0, count: 0 };
    const vectors = new Int8Array(count * this.dimensions);
    for (let at = 0; at < count; at++) {
      const [memory, local] = this.#locate(row + at);
      vectors.set(memory.read(local).subarray(0, this.dimensions), at * this.dimensions);
    }
    return vectors;
  }

  /** Makes this the question that `best` and `scores` answer. Throws a RangeError if it has other dimensions or is not finite. */
  ask(question: Float32Array): Asked {
    if (question.length !== this.dimensions) {
      throw new RangeError(
        `The question has ${question.length} dimensions, the vectors ${this.dimensions}: embed both with the same model`,
      );
    }
    let peak = 0;
    for (const component of question) peak = Math.max(peak, Math.abs(component));
    if (!Number.isFinite(peak)) throw new RangeError('The vector of the question holds a component that is not finite');
    const components = Int16Array.from(question, (component) => (peak === 0 ? 0 : Math.round((component / peak) * QUESTION_PEAK)));
    for (const memory of this.#memories) memory.setQuestion(components);
    const length = Math.sqrt(components.reduce((sum, component) => sum + component * component, 0));
    const unit = length === 0 ? 0 : 1 / length;
    return {
      best: (limit, slots) => this.#rank(limit, slots),
      scores: (slot) => this.#scores(slot).map((score) => score * unit),
    };
  }

  /** The vectors as parts: dimensions, then slot and count of each passage; its rows, in pieces of at most `PIECE_BYTES` or one passage. */
  toParts(): Uint8Array[] {
    const slots = [...this.#runs.keys()];
    const table = Uint32Array.from([this.dimensions, ...slots.flatMap((slot) => [slot, this.#runs.get(slot)?.count ?? 0])]);
    const pieces: Uint8Array[] = [];
    let piece: Int8Array[] = [];
    let bytes = 0;
    const close = (): void => {
      pieces.push(concat(piece, bytes));
      piece = [];
      bytes = 0;
    };
    for (const slot of slots) {
      const vectors = this.get(slot);
      if (bytes > 0 && bytes + vectors.length > PIECE_BYTES) close();
      piece.push(vectors);
      bytes += vectors.length;
    }
    if (bytes > 0) close();
    return [toBytes(table), ...pieces];
  }

  /** Throws a RangeError if the parts do not fit together. */
  static fromParts(parts: readonly Uint8Array[], settings: Partial<VectorSettings> = {}): Vectors {
    const [dimensions = 0, ...table] = toUint32(parts[0] ?? new Uint8Array(0));
    const index = new Vectors(dimensions, settings);
    let part = 1;
    let at = 0;
    for (let entry = 0; entry < table.length; entry += 2) {
      const length = (table[entry + 1] ?? 0) * dimensions;
      if (at === parts[part]?.length) [part, at] = [part + 1, 0];
      const vectors = parts[part]?.subarray(at, at + length);
      if (length === 0 || vectors?.length !== length) throw new RangeError('The parts of the vectors do not fit together');
      index.set(table[entry] ?? 0, new Int8Array(vectors.buffer, vectors.byteOffset, length));
      at += length;
    }
    if (part < parts.length - 1 || at !== (parts[part]?.length ?? 0)) throw new RangeError('There are more vectors than passages for them');
    return index;
  }

  #rank(limit: number, slots: Iterable<number> | undefined): number[] {
    const scored = slots ? this.#scoreSlots(slots) : this.#rows <= this.#settings.exactRows ? this.#scoreAll() : this.#scoreNearest();
    const top = new Top(limit);
    for (const slot of scored) {
      top.offer(slot, this.#best[slot] ?? UNSCORED);
      this.#best[slot] = UNSCORED;
    }
    return top.ids();
  }

  #scoreSlots(slots: Iterable<number>): number[] {
    const scored: number[] = [];
    for (const slot of slots) for (const score of this.#scores(slot)) this.#note(slot, score, scored);
    return scored;
  }

  #scoreAll(): number[] {
    const scored: number[] = [];
    for (const [memory, first, count] of this.#filled()) {
      const scores = memory.dots(count);
      for (let at = 0; at < count; at++) this.#note(this.#owners[first + at] ?? NO_SLOT, scores[at] ?? 0, scored);
    }
    return scored;
  }

  /** Of all rows about as many as the settings say, the nearest by sign bits; of those the full score. */
  #scoreNearest(): number[] {
    const wanted = Math.max(this.#settings.filteredRows, this.#rows * FILTERED_SHARE);
    const cut = this.#cutFor(wanted);
    const scored: number[] = [];
    let left = SURPLUS * wanted;
    for (const [memory, first, count] of this.#filled()) {
      const near = memory.near(count, cut);
      for (let at = 0; at < near.length && left > 0; at++, left--) {
        const row = near[at] ?? 0;
        this.#note(this.#owners[first + row] ?? NO_SLOT, memory.dot(row), scored);
      }
    }
    return scored;
  }

  /** The number of differing sign bits within which about as many rows lie as are wanted, told from a sample. */
  #cutFor(wanted: number): number {
    const histogram = new Uint32Array(this.#padded + 1);
    const step = Math.max(SAMPLE_STEP, SAMPLE_STEP * Math.floor(this.#rows / SAMPLED_ROWS));
    let sampled = 0;
    for (const [memory, , count] of this.#filled()) {
      for (let row = 0; row < count; row += step) {
        const distances = memory.distances(row, Math.min(SAMPLE_STEP, count - row));
        for (const distance of distances) histogram[distance] = (histogram[distance] ?? 0) + 1;
        sampled += distances.length;
      }
    }
    let cut = 0;
    for (let left = (wanted * sampled) / this.#rows; cut < this.#padded && left > (histogram[cut] ?? 0); cut++) left -= histogram[cut] ?? 0;
    return cut;
  }

  /** Each memory with its first row and how many it holds. */
  #filled(): [VectorMemory, number, number][] {
    return this.#memories.map((memory, at) => {
      const first = at * memory.capacity;
      return [memory, first, Math.max(0, Math.min(memory.capacity, this.#rows - first))];
    });
  }

  #note(slot: number, score: number, scored: number[]): void {
    if (slot === NO_SLOT) return;
    const best = this.#best[slot] ?? UNSCORED;
    if (best === UNSCORED) scored.push(slot);
    if (score > best) this.#best[slot] = score;
  }

  #scores(slot: number): number[] {
    const { row, count } = this.#runs.get(slot) ?? { row: 0, count: 0 };
    return Array.from({ length: count }, (_, at) => {
      const [memory, local] = this.#locate(row + at);
      return memory.dot(local);
    });
  }

  #write(row: number, components: Int8Array): void {
    const [memory, local] = this.#locate(row);
    memory.write(local, components);
  }

  #locate(row: number): [VectorMemory, number] {
    const capacity = this.#memories[0]?.capacity ?? 0;
    const number = capacity === 0 ? 0 : Math.floor(row / capacity);
    const memory = this.#memories[number] ?? this.#addMemory();
    return [memory, row - number * capacity];
  }

  /** Rows come in order, so a row without a memory is the first of the next one. */
  #addMemory(): VectorMemory {
    const memory = new VectorMemory(this.#padded, this.#settings.bytesPerMemory);
    this.#memories.push(memory);
    return memory;
  }

  #sweep(): void {
    let next = 0;
    for (const [slot, run] of [...this.#runs].sort(([, a], [, b]) => a.row - b.row)) {
      for (let at = 0; at < run.count; at++) {
        const [memory, local] = this.#locate(run.row + at);
        if (next + at !== run.row + at) this.#write(next + at, memory.read(local));
        this.#owners[next + at] = slot;
      }
      this.#runs.set(slot, { row: next, count: run.count });
      next += run.count;
    }
    for (let row = next; row < this.#rows; row++) {
      this.#write(row, NOTHING);
    }
    this.#owners.fill(NO_SLOT, next);
    this.#rows = next;
    this.#wiped = 0;
  }
}

function concat(vectors: readonly Int8Array[], length: number): Uint8Array {
  const whole = new Int8Array(length);
  let at = 0;
  for (const some of vectors) {
    whole.set(some, at);
    at += some.length;
  }
  return toBytes(whole);
}

/** A question put to the vectors, valid until the next one. Scores are cosines. */
export type Asked = {
  /** The slots with the best sentence each, best first; only among `slots` if given. */
  best(limit: number, slots?: Iterable<number>): number[];
  /** The score of each sentence of a slot; empty if it has no vectors. */
  scores(slot: number): number[];
};
