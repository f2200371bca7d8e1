// SentencePiece's unigram model: of all ways to cut a text into pieces of the vocabulary the likeliest.

import type { Piece } from './weights.ts';

const SPACE = '\u2581';
/** The first entries are markers, not pieces. */
const RESERVED = 6;
const UNKNOWN = 0;
const UNREACHED = Number.NEGATIVE_INFINITY;
/** Below every piece, so that an unknown character is taken only where nothing else fits. */
const UNKNOWN_SCORE = -20;

export class Tokenizer {
  readonly #pieces = new Map<string, { id: number; score: number }>();
  /** The length of the longest piece by its first character. */
  readonly #longest = new Map<string, number>();

  constructor(vocabulary: readonly Piece[]) {
    for (const [id, [text, score]] of vocabulary.entries()) {
      if (id < RESERVED) continue;
      this.#pieces.set(text, { id, score });
      this.#longest.set(text.charAt(0), Math.max(text.length, this.#longest.get(text.charAt(0)) ?? 0));
    }
  }

  /** The ids of the pieces; runs of unknown characters become one. Empty for a text without anything but white space. */
  encode(text: string): number[] {
    const words = text.normalize('NFKC').trim();
    if (words === '') return [];
    const input = SPACE + words.replace(/\s+/g, SPACE);
    const scores = new Float64Array(input.length + 1).fill(UNREACHED);
    const ids = new Uint32Array(input.length + 1);
    const starts = new Uint32Array(input.length + 1);
    scores[0] = 0;
    const offer = (start: number, end: number, id: number, score: number): void => {
      const total = (scores[start] ?? UNREACHED) + score;
      if (total < (scores[end] ?? UNREACHED)) return;
      scores[end] = total;
      ids[end] = id;
      starts[end] = start;
    };
    for (let start = 0; start < input.length; start++) {
      const longest = Math.min(this.#longest.get(input.charAt(start)) ?? 0, input.length - start);
      for (let length = 1; length <= longest; length++) {
        const piece = this.#pieces.get(input.slice(start, start + length));
        if (piece) offer(start, start + length, piece.id, piece.score);
      }
      if ((scores[start + 1] ?? UNREACHED) === UNREACHED) offer(start, start + 1, UNKNOWN, UNKNOWN_SCORE);
    }
    const pieces: number[] = [];
    for (let end = input.length; end > 0; end = starts[end] ?? 0) {
      const id = ids[end] ?? UNKNOWN;
      if (id !== UNKNOWN || pieces.at(-1) !== UNKNOWN) pieces.push(id);
    }
    return pieces.reverse();
  }
}
