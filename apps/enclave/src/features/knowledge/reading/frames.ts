// Frames between a document's reader and its parent: four bytes of length (big endian), then UTF-8 JSON.

const PREFIX_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeFrame(value: unknown): Uint8Array {
  const body = encoder.encode(JSON.stringify(value));
  const frame = new Uint8Array(PREFIX_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, PREFIX_BYTES);
  return frame;
}

/** The next frame, or undefined at the end. Throws on one above `maxBytes`, on what is not JSON, and on an end inside a frame. */
export async function readFrame(bytes: ByteQueue, maxBytes: number): Promise<unknown> {
  const prefix = await bytes.take(PREFIX_BYTES);
  if (prefix.length === 0) return undefined;
  const length = prefix.length === PREFIX_BYTES ? new DataView(prefix.buffer).getUint32(0) : Number.POSITIVE_INFINITY;
  if (length > maxBytes) throw new Error('a frame is broken or too long');
  const body = await bytes.take(length);
  if (body.length < length) throw new Error('the stream ended inside a frame');
  return JSON.parse(decoder.decode(body));
}

/** A stream of bytes that can be taken in pieces of chosen size. */
export class ByteQueue {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #waiting: Uint8Array[] = [];
  #length = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next `size` bytes, or fewer at the end of the stream. */
  async take(size: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#fill(size);
    const out = new Uint8Array(Math.min(size, this.#length));
    let at = 0;
    while (at < out.length) {
      const chunk = this.#waiting[0] ?? new Uint8Array();
      const part = chunk.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#waiting.shift();
      else this.#waiting[0] = chunk.subarray(part.length);
    }
    this.#length -= out.length;
    return out;
  }

  /** The next bytes as they come, empty at the end of the stream. */
  async next(): Promise<Uint8Array> {
    await this.#fill(1);
    const chunk = this.#waiting.shift() ?? new Uint8Array();
    this.#length -= chunk.length;
    return chunk;
  }

  /** Gives bytes back, to be taken again first. */
  unread(bytes: Uint8Array): void {
    this.#waiting.unshift(bytes);
    this.#length += bytes.length;
  }

  async #fill(size: number): Promise<void> {
    while (this.#length < size) {
      const { value, done } = await this.#chunks.next();
      if (done) return;
      if (value.length === 0) continue;
      this.#waiting.push(value);
      this.#length += value.length;
    }
  }
}
