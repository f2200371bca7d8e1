// Posting lists of all terms in one typed array. Each list is a chain of slices of 2, 4, 8, ... entries; the entry after a full slice
// holds where the next slice begins. A posting packs a passage's slot and the weight of the term in it.

import { withRoom } from './growable.ts';

const WEIGHT_BITS = 8;
const MAX_WEIGHT = 2 ** WEIGHT_BITS - 1;
export const MAX_SLOTS = 2 ** (32 - WEIGHT_BITS);
const FIRST_SLICE = 2;
const LARGEST_SLICE = 1024;

export function pack(slot: number, weight: number): number {
  return ((slot << WEIGHT_BITS) | Math.min(MAX_WEIGHT, weight)) >>> 0;
}

export function slotOf(posting: number): number {
  return posting >>> WEIGHT_BITS;
}

export function weightOf(posting: number): number {
  return posting & MAX_WEIGHT;
}

export class Postings {
  #pool = new Uint32Array(64);
  #used = 0;
  /** Per term: where its list begins, where its last posting is, how many it has. */
  #heads = new Uint32Array(16);
  #lasts = new Uint32Array(16);
  #counts = new Uint32Array(16);
  /** Per term: how many entries are free in its last slice, and how long that slice is. */
  #free = new Uint32Array(16);
  #slices = new Uint32Array(16);
  #terms = 0;

  get bytes(): number {
    return this.#pool.byteLength + 5 * this.#heads.byteLength;
  }

  /** Makes a term with an empty list and gives its number. */
  addTerm(): number {
    const term = this.#terms++;
    this.#heads = withRoom(this.#heads, this.#terms);
    this.#lasts = withRoom(this.#lasts, this.#terms);
    this.#counts = withRoom(this.#counts, this.#terms);
    this.#free = withRoom(this.#free, this.#terms);
    this.#slices = withRoom(this.#slices, this.#terms);
    return term;
  }

  /** Adds weight to a term in a passage. All words of one passage must come before those of the next. */
  add(term: number, slot: number, weight: number): void {
    const last = this.#lasts[term] ?? 0;
    const posting = this.#pool[last] ?? 0;
    if (this.count(term) > 0 && slotOf(posting) === slot) {
      this.#pool[last] = pack(slot, weightOf(posting) + weight);
    } else {
      this.#append(term, pack(slot, weight));
    }
  }

  count(term: number): number {
    return this.#counts[term] ?? 0;
  }

  /** Calls `visit` with every slice of a term's list: packed postings, from (inclusive) and to (exclusive). */
  eachSlice(term: number, visit: (postings: Uint32Array, from: number, to: number) => void): void {
    let from = this.#heads[term] ?? 0;
    let left = this.count(term);
    for (let slice = FIRST_SLICE; left > 0; slice = nextSlice(slice)) {
      const to = from + Math.min(slice, left);
      left -= to - from;
      visit(this.#pool, from, to);
      from = this.#pool[to] ?? 0;
    }
  }

  /** Calls `visit` with every posting of a term. */
  each(term: number, visit: (slot: number, weight: number) => void): void {
    this.eachSlice(term, (postings, from, to) => {
      for (let at = from; at < to; at++) visit(slotOf(postings[at] ?? 0), weightOf(postings[at] ?? 0));
    });
  }

  #append(term: number, posting: number): void {
    const count = this.count(term);
    const free = this.#free[term] ?? 0;
    const slice = this.#slices[term] ?? 0;
    let at = (this.#lasts[term] ?? 0) + 1;
    if (free === 0) {
      const length = count === 0 ? FIRST_SLICE : nextSlice(slice);
      const start = this.#used;
      this.#used += length + 1;
      this.#pool = withRoom(this.#pool, this.#used);
      if (count === 0) this.#heads[term] = start;
      else this.#pool[at] = start;
      this.#slices[term] = length;
      this.#free[term] = length;
      at = start;
    }
    this.#pool[at] = posting;
    this.#lasts[term] = at;
    this.#counts[term] = count + 1;
    this.#free[term] = (this.#free[term] ?? 0) - 1;
  }
}

function nextSlice(length: number): number {
  return Math.min(length * 2, LARGEST_SLICE);
}
