import { randomBytes } from 'node:crypto';
import { createMatcher, type Matcher, type Pattern, patternsOf } from './patterns.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LENGTH = 18;

/** Hands out a string of its own for each field, and knows all that was handed out. */
export class Canaries {
  readonly #values = new Map<string, string | Uint8Array>();

  /** A new word for a field: letters only, so that it is also an address, a tag and a link name. */
  of(field: string): string {
    const word = `xqz${Array.from(randomBytes(LENGTH), (byte) => LETTERS[byte % LETTERS.length]).join('')}q`;
    this.add(field, word);
    return word;
  }

  /** A value made elsewhere, such as a token, or a whole file of which the hash would confirm a guess. */
  add(field: string, value: string | Uint8Array): void {
    if (this.#values.has(field)) throw new Error(`two canaries for ${field}`);
    this.#values.set(field, value);
  }

  get fields(): string[] {
    return [...this.#values.keys()];
  }

  matcher(): Matcher {
    const patterns: Pattern[] = [];
    for (const [field, value] of this.#values) patterns.push(...patternsOf(field, value));
    return createMatcher(patterns);
  }
}
