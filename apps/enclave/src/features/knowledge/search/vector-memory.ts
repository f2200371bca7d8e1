// Vectors in two WebAssembly memories: one of rows, in blocks of 256 with the inverse lengths of their rows, one of the rows' sign bits,
// which are read from end to end. Each begins with the question and room for results. Growing moves nothing.

import { LANE, openKernel, type VectorKernel } from './vector-kernel.ts';

const BLOCK_ROWS = 256;
const PAGE = 65_536;
/** Where `near` keeps the address at which it goes on, and where the question's sign bits lie. */
const NEAR_END = 0;
const SIGNS_OF_QUESTION = LANE;

export class VectorMemory {
  /** How many rows fit before the next memory has to begin. */
  readonly capacity: number;
  readonly #dimensions: number;
  readonly #rows: Growing;
  readonly #signs: Growing;
  readonly #dotResults: number;
  readonly #signResults: number;
  readonly #firstBlock: number;
  readonly #firstSigns: number;
  readonly #blockBytes: number;
  #blocks = 0;

  /** `dimensions` is a multiple of LANE. */
  constructor(dimensions: number, maxBytes: number) {
    this.#dimensions = dimensions;
    this.#blockBytes = BLOCK_ROWS * (dimensions + 4);
    this.capacity = Math.max(1, Math.floor(maxBytes / this.#blockBytes)) * BLOCK_ROWS;
    this.#dotResults = dimensions * 2;
    this.#firstBlock = this.#dotResults + this.capacity * 4;
    this.#signResults = SIGNS_OF_QUESTION + dimensions / 8;
    // `near` writes one entry more than it keeps.
    this.#firstSigns = Math.ceil((this.#signResults + (this.capacity + 1) * 4) / LANE) * LANE;
    this.#rows = new Growing(dimensions, this.#firstBlock);
    this.#signs = new Growing(dimensions, this.#firstSigns);
  }

  /** What rows take; the room for results is left out. */
  get bytes(): number {
    return this.#blocks * (this.#blockBytes + (BLOCK_ROWS * this.#dimensions) / 8);
  }

  setQuestion(components: Int16Array): void {
    new Int16Array(this.#rows.bytes.buffer, 0, components.length).set(components);
    this.#setSigns(SIGNS_OF_QUESTION, components);
  }

  /** Writes a row; components that are not given are 0. */
  write(row: number, components: Int8Array): void {
    this.#blocks = Math.max(this.#blocks, Math.floor(row / BLOCK_ROWS) + 1);
    this.#rows.reach(this.#firstBlock + this.#blocks * this.#blockBytes);
    this.#signs.reach(this.#signsAt(this.#blocks * BLOCK_ROWS));
    const at = this.#rowAt(row);
    this.#rows.bytes.fill(0, at, at + this.#dimensions);
    this.#rows.bytes.set(components, at);
    this.#setSigns(this.#signsAt(row), components);
    let squares = 0;
    for (let i = 0; i < components.length; i++) squares += (components[i] ?? 0) ** 2;
    this.#rows.floats[this.#inverseLengthAt(row) / 4] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  }

  /** A copy of the row's components. */
  read(row: number): Int8Array {
    return this.#rows.bytes.slice(this.#rowAt(row), this.#rowAt(row) + this.#dimensions);
  }

  /** The question's product with a row of unit length. */
  dot(row: number): number {
    this.#rows.kernel.dot(this.#rowAt(row), 1, this.#inverseLengthAt(row), this.#dotResults);
    return this.#rows.floats[this.#dotResults / 4] ?? 0;
  }

  /** The same for the first `count` rows; a view that the next call overwrites. */
  dots(count: number): Float32Array {
    for (let row = 0; row < count; row += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, count - row);
      this.#rows.kernel.dot(this.#rowAt(row), rows, this.#inverseLengthAt(row), this.#dotResults + row * 4);
    }
    return new Float32Array(this.#rows.bytes.buffer, this.#dotResults, count);
  }

  /** How many sign bits differ from the question's, for up to a block of rows from `row` on; a view that the next call overwrites. */
  distances(row: number, count: number): Uint16Array {
    const rows = Math.min(BLOCK_ROWS, count);
    this.#signs.kernel.distances(this.#signsAt(row), rows, SIGNS_OF_QUESTION, this.#signResults);
    return new Uint16Array(this.#signs.bytes.buffer, this.#signResults, rows);
  }

  /** Those of the first `count` rows of which at most `cut` sign bits differ from the question's; a view that the next call overwrites. */
  near(count: number, cut: number): Uint32Array {
    const end = new Uint32Array(this.#signs.bytes.buffer, NEAR_END, 1);
    end[0] = this.#signResults;
    if (count > 0) this.#signs.kernel.near(this.#firstSigns, count, SIGNS_OF_QUESTION, cut, 0);
    return new Uint32Array(this.#signs.bytes.buffer, this.#signResults, ((end[0] ?? 0) - this.#signResults) / 4);
  }

  #setSigns(at: number, components: Int8Array | Int16Array): void {
    for (let i = 0; i < this.#dimensions; i += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) byte |= Number((components[i + bit] ?? 0) > 0) << bit;
      this.#signs.bytes[at + i / 8] = byte;
    }
  }

  #rowAt(row: number): number {
    return this.#firstBlock + Math.floor(row / BLOCK_ROWS) * this.#blockBytes + (row % BLOCK_ROWS) * this.#dimensions;
  }

  #inverseLengthAt(row: number): number {
    const block = this.#firstBlock + Math.floor(row / BLOCK_ROWS) * this.#blockBytes;
    return block + BLOCK_ROWS * this.#dimensions + (row % BLOCK_ROWS) * 4;
  }

  #signsAt(row: number): number {
    return this.#firstSigns + (row * this.#dimensions) / 8;
  }
}

/** A memory with its views, which every growth replaces, and the kernel over it. */
class Growing {
  readonly kernel: VectorKernel;
  readonly #memory: WebAssembly.Memory;
  #bytes: Int8Array;
  #floats: Float32Array;

  /** Pages that nobody has written to take address space only. */
  constructor(dimensions: number, bytes: number) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    this.kernel = openKernel(dimensions, this.#memory);
    this.#bytes = new Int8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  get bytes(): Int8Array {
    return this.#bytes;
  }

  get floats(): Float32Array {
    return this.#floats;
  }

  /** Grows by a quarter at least, because V8 takes every growth for a whole new buffer and collects garbage. */
  reach(bytes: number): void {
    const missing = bytes - this.#bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(Math.max(missing, this.#bytes.length / 4) / PAGE));
    this.#bytes = new Int8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }
}
