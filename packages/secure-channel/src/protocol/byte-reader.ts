import { ChannelError } from '../errors.ts';
import type { Bytes } from './bytes.ts';
import { readU32 } from './bytes.ts';
import { checkFrameLength } from './records.ts';

/** Reads exact lengths from a stream whose chunks mean nothing; holds at most one frame and one chunk. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #chunks: Uint8Array[] = [];
  /** How much of the first chunk was taken: cheaper than a view of what is left. */
  #taken = 0;
  #held = 0;

  constructor(source: ReadableStream<Uint8Array> | Uint8Array) {
    if (source instanceof Uint8Array) this.#hold(source);
    else this.#reader = source.getReader();
  }

  /** @returns undefined if the stream ends before the first of these bytes. @throws ChannelError `truncated` if it ends among them */
  async read(length: number): Promise<Bytes | undefined> {
    while (this.#held < length) {
      if (await this.#more()) continue;
      if (this.#held === 0) return undefined;
      throw new ChannelError('truncated');
    }
    return this.#take(length);
  }

  /** All that is left. @throws ChannelError `too_large` */
  async readAll(limit: number): Promise<Bytes> {
    while (this.#held <= limit && (await this.#more()));
    if (this.#held <= limit) return this.#take(this.#held);
    await this.cancel();
    throw new ChannelError('too_large');
  }

  /** The next frame without its length, or undefined at the end. */
  async readFrame(): Promise<Bytes | undefined> {
    const length = await this.read(4);
    if (!length) return undefined;
    const frame = await this.read(checkFrameLength(readU32(length)));
    if (!frame) throw new ChannelError('truncated');
    return frame;
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#chunks = [];
    this.#taken = 0;
    this.#held = 0;
    await this.#reader?.cancel(reason).catch(() => undefined);
  }

  #hold(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
  }

  async #more(): Promise<boolean> {
    const { value, done } = (await this.#reader?.read()) ?? { value: undefined, done: true };
    if (!done) this.#hold(value);
    return !done;
  }

  #take(length: number): Bytes {
    const [first] = this.#chunks;
    this.#held -= length;
    if (first && first.length - this.#taken >= length) {
      const start = this.#taken;
      this.#pass(first, length);
      return first.subarray(start, start + length) as Bytes; // nobody shares what a network gave
    }
    const taken = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const chunk = this.#chunks[0] ?? new Uint8Array();
      const part = chunk.subarray(this.#taken, this.#taken + length - at);
      taken.set(part, at);
      at += part.length;
      this.#pass(chunk, part.length);
    }
    return taken;
  }

  #pass(chunk: Uint8Array, length: number): void {
    this.#taken += length;
    if (this.#taken < chunk.length) return;
    this.#chunks.shift();
    this.#taken = 0;
  }
}
