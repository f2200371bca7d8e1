import { createHmac } from 'node:crypto';
import { randomBytes } from '../../random.ts';

/** The vectors of the last texts that were asked for, without the texts: they are known by keyed hashes. */
export class VectorCache {
  readonly #capacity: number;
  readonly #key = randomBytes(32);
  readonly #vectors = new Map<string, Float32Array>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(text: string): Float32Array | undefined {
    const name = this.#name(text);
    const vector = this.#vectors.get(name);
    if (!vector) return undefined;
    this.#vectors.delete(name);
    this.#vectors.set(name, vector);
    return vector.slice();
  }

  set(text: string, vector: Float32Array): void {
    this.#vectors.set(this.#name(text), vector.slice());
    const [oldest] = this.#vectors.keys();
    if (this.#vectors.size > this.#capacity && oldest !== undefined) this.#vectors.delete(oldest);
  }

  #name(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}
