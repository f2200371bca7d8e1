// Ranking by words: Robertson's BM25 over typed-array postings. Removed passages are skipped at once and swept out in bulk.

import { toBytes, toUint32 } from './bytes.ts';
import { withRoom } from './growable.ts';
import { MAX_SLOTS, Postings, pack, slotOf, weightOf } from './postings.ts';
import { STOP_WORDS, stem } from './stem.ts';
import { eachWord } from './tokenize.ts';
import { Top } from './top.ts';

const K1 = 1.2;
const B = 0.75;
/** Weights are counted in quarters of an occurrence, so that words of headings and titles can count less than one. */
const TEXT_WEIGHT = 4;
const HEADING_WEIGHT = 2;
const TITLE_WEIGHT = 1;
/** Removed passages are swept out when they are more than a quarter of the living. */
const SWEEP_SHARE = 0.25;
const SWEEP_MINIMUM = 256;
const MAX_QUESTION_LENGTH = 10_000;
const MAX_QUESTION_TERMS = 64;

export type PassageWords = { text: string; headings: readonly string[]; title: string };

export type WordRanking = {
  /** The best slots, best first. */
  best: number[];
  /** The score of every slot; valid until the next question. */
  scores: Float32Array;
  /** What a passage would at most score that is full of every word of the question; 0 for a question without words. */
  ideal: number;
};

export class Bm25 {
  #terms = new Map<string, number>();
  #postings = new Postings();
  /** Words of a passage by slot; 0 means that the slot holds none. */
  #lengths = new Uint32Array(16);
  /** Scores of the last question by slot, and which slots have one. */
  #scores = new Float32Array(16);
  #touched = new Uint32Array(16);
  #touchedCount = 0;
  #slots = 0;
  #totalLength = 0;
  #living = 0;
  #removed: number[] = [];
  #free: number[] = [];

  get passages(): number {
    return this.#living;
  }

  /** Terms are counted at 64 bytes: a short string and its entry in the table. */
  get bytes(): number {
    return this.#postings.bytes + 3 * this.#lengths.byteLength + this.#terms.size * 64;
  }

  /** Indexes a passage and gives the slot by which it is known from now on. Slots of removed passages are used again. */
  add(passage: PassageWords): number {
    const slot = this.#free.pop() ?? this.#slots++;
    if (slot >= MAX_SLOTS) throw new RangeError(`A knowledge base holds at most ${MAX_SLOTS} passages; split it into several`);
    this.#lengths = withRoom(this.#lengths, this.#slots);
    this.#scores = withRoom(this.#scores, this.#slots);
    this.#touched = withRoom(this.#touched, this.#slots);
    let length = 0;
    const index = (text: string, weight: number): void =>
      eachWord(text, 'passage', (word) => {
        this.#postings.add(this.#termOf(word), slot, weight);
        if (weight === TEXT_WEIGHT) length++;
      });
    index(passage.text, TEXT_WEIGHT);
    for (const heading of passage.headings) index(heading, HEADING_WEIGHT);
    index(passage.title, TITLE_WEIGHT);
    // One more than its words, so that an empty passage is told from an empty slot.
    this.#lengths[slot] = length + 1;
    this.#totalLength += length + 1;
    this.#living++;
    return slot;
  }

  remove(slot: number): void {
    const length = this.#lengths[slot] ?? 0;
    if (length === 0) return;
    this.#lengths[slot] = 0;
    this.#totalLength -= length;
    this.#living--;
    this.#removed.push(slot);
    if (this.#removed.length > SWEEP_MINIMUM + this.#living * SWEEP_SHARE) this.sweep();
  }

  /** Ranks the passages that `allows` lets through. A question of stop words alone is searched for those words. */
  rank(question: string, limit: number, allows: (slot: number) => boolean): WordRanking {
    const touched = this.#touched;
    const scores = this.#scores;
    for (let at = 0; at < this.#touchedCount; at++) scores[touched[at] ?? 0] = 0;
    let count = 0;
    const lengths = this.#lengths;
    const averageLength = this.#totalLength / Math.max(1, this.#living);
    const floor = K1 * (1 - B) * TEXT_WEIGHT;
    const slope = (K1 * B * TEXT_WEIGHT) / averageLength;
    const { terms, ideal } = this.#questionTerms(question);
    for (const { term, idf } of terms) {
      this.#postings.eachSlice(term, (postings, from, to) => {
        for (let at = from; at < to; at++) {
          const slot = slotOf(postings[at] ?? 0);
          const length = lengths[slot] ?? 0;
          if (length === 0) continue;
          const weight = weightOf(postings[at] ?? 0);
          const score = scores[slot] ?? 0;
          if (score === 0) touched[count++] = slot;
          scores[slot] = score + (idf * (K1 + 1) * weight) / (weight + floor + slope * length);
        }
      });
    }
    this.#touchedCount = count;
    const top = new Top(limit);
    let least = top.floor;
    for (let at = 0; at < count; at++) {
      const slot = touched[at] ?? 0;
      const score = scores[slot] ?? 0;
      if (score < least || !allows(slot)) continue;
      top.offer(slot, score);
      least = top.floor;
    }
    return { best: top.ids(), scores, ideal };
  }

  /** Drops every trace of removed passages, words that only they held included. Takes time in proportion to the whole index. */
  sweep(): void {
    if (this.#removed.length === 0) return;
    const before = this.#postings;
    const words = this.#stems();
    this.#postings = new Postings();
    this.#terms = new Map();
    for (const [word, old] of words) {
      let term = -1;
      before.each(old, (slot, weight) => {
        if ((this.#lengths[slot] ?? 0) === 0) return;
        if (term < 0) term = this.#termOf(word);
        this.#postings.add(term, slot, weight);
      });
    }
    this.#free.push(...this.#removed);
    this.#removed = [];
  }

  /** The index as four parts: words, how many postings each has, the postings, the length of each slot. Sweeps first. */
  toParts(): Uint8Array[] {
    this.sweep();
    const words = this.#stems();
    const counts = new Uint32Array(words.length);
    for (const [at, [, term]] of words.entries()) counts[at] = this.#postings.count(term);
    const postings = new Uint32Array(counts.reduce((sum, count) => sum + count, 0));
    let used = 0;
    for (const [, term] of words) {
      this.#postings.each(term, (slot, weight) => {
        postings[used++] = pack(slot, weight);
      });
    }
    const text = new TextEncoder().encode(words.map(([word]) => word).join('\n'));
    return [text, toBytes(counts), toBytes(postings), toBytes(this.#lengths.slice(0, this.#slots))];
  }

  /** Throws a RangeError if the parts do not fit together. */
  static fromParts(parts: readonly Uint8Array[]): Bm25 {
    const [text, countBytes, postingBytes, lengthBytes] = parts;
    if (!text || !countBytes || !postingBytes || !lengthBytes) throw new RangeError('A part of the word index is missing');
    const index = new Bm25();
    const words = text.length === 0 ? [] : new TextDecoder('utf-8', { fatal: true }).decode(text).split('\n');
    const counts = toUint32(countBytes);
    const postings = toUint32(postingBytes);
    index.#restoreLengths(toUint32(lengthBytes));
    let at = 0;
    for (const [number, word] of words.entries()) {
      const end = at + (counts[number] ?? 0);
      const term = index.#termOf(word);
      for (; at < end; at++) {
        const slot = slotOf(postings[at] ?? 0);
        const weight = weightOf(postings[at] ?? 0);
        if (weight === 0 || (index.#lengths[slot] ?? 0) === 0) throw new RangeError('The word index names a passage that it does not hold');
        index.#postings.add(term, slot, weight);
      }
    }
    if (words.length !== counts.length || at !== postings.length) throw new RangeError('The parts of the word index do not fit together');
    return index;
  }

  #restoreLengths(lengths: Uint32Array<ArrayBuffer>): void {
    this.#slots = lengths.length;
    this.#lengths = lengths;
    this.#scores = withRoom(this.#scores, lengths.length);
    this.#touched = withRoom(this.#touched, lengths.length);
    for (const [slot, length] of lengths.entries()) {
      if (length === 0) this.#free.push(slot);
      else this.#living++;
      this.#totalLength += length;
    }
  }

  /** Words that are their own stem: every term has exactly one, the other words are there to save the stemming. */
  #stems(): [string, number][] {
    return Array.from(this.#terms).filter(([word]) => stem(word) === word);
  }

  #termOf(word: string): number {
    return this.#terms.get(word) ?? this.#learn(word);
  }

  #learn(word: string): number {
    const root = stem(word);
    const term = this.#terms.get(root) ?? this.#postings.addTerm();
    this.#terms.set(ownCopy(root), term);
    if (root !== word) this.#terms.set(ownCopy(word), term);
    return term;
  }

  /** The terms that count, rarest first, and the weight of all of them, those included that no passage holds. */
  #questionTerms(question: string): { terms: { term: number; idf: number }[]; ideal: number } {
    const words = new Set<string>();
    eachWord(question.slice(0, MAX_QUESTION_LENGTH), 'question', (word) => words.add(word));
    const telling = [...words].filter((word) => !STOP_WORDS.has(word));
    const roots = new Set((telling.length > 0 ? telling : [...words]).map(stem));
    const weighed = [...roots]
      .map((root) => {
        const term = this.#terms.get(root);
        return { term, idf: this.#idf(term === undefined ? 0 : this.#postings.count(term)) };
      })
      .sort((a, b) => b.idf - a.idf)
      .slice(0, MAX_QUESTION_TERMS);
    return {
      terms: weighed.flatMap(({ term, idf }) => (term === undefined ? [] : [{ term, idf }])),
      ideal: weighed.reduce((sum, { idf }) => sum + idf * (K1 + 1), 0),
    };
  }

  /** Removed passages count until they are swept out: their postings do too. */
  #idf(count: number): number {
    const all = this.#living + this.#removed.length;
    return Math.log(1 + (all - count + 0.5) / (count + 0.5));
  }
}

/** A slice of a string may keep the whole string alive, here a passage's text. */
function ownCopy(word: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(word));
}
