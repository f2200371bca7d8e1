// One WebAssembly memory of vectors: the question, room for the kernel's results, then blocks of 256 rows, each block holding its rows,
// their sign bits and the inverse lengths of its rows. A block is the unit of growth, so growing moves nothing.

import { LANE, openKernel, type VectorKernel } from './vector-kernel.ts';

const BLOCK_ROWS = 256;
const PAGE = 65_536;

export class VectorMemory {
  /** How many rows fit before the next memory has to begin. */
  readonly capacity: number;
  readonly #dimensions: number;
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: VectorKernel;
  readonly #signsOfQuestion: number;
  readonly #results: number;
  readonly #firstBlock: number;
  readonly #blockBytes: number;
  #blocks = 0;
  #bytes: Int8Array;
  #floats: Float32Array;

  /** `dimensions` is a multiple of LANE. */
  constructor(dimensions: number, maxBytes: number) {
    this.#dimensions = dimensions;
    this.#blockBytes = BLOCK_ROWS * (dimensions + dimensions / 8 + 4);
    this.capacity = Math.max(1, Math.floor(maxBytes / this.#blockBytes)) * BLOCK_ROWS;
    this.#signsOfQuestion = dimensions * 2;
    this.#results = Math.ceil((dimensions * 2 + dimensions / 8) / LANE) * LANE;
    this.#firstBlock = this.#results + this.capacity * 4;
    // Pages that nobody has written to take address space only.
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#firstBlock / PAGE) });
    this.#kernel = openKernel(dimensions, this.#memory);
    this.#bytes = new Int8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /** What rows take; the room for results is left out. */
  get bytes(): number {
    return this.#blocks * this.#blockBytes;
  }

  setQuestion(components: Int16Array): void {
    new Int16Array(this.#memory.buffer, 0, components.length).set(components);
    this.#setSigns(this.#signsOfQuestion, components);
  }

  /** Writes a row; components that are not given are 0. */
  write(row: number, components: Int8Array): void {
    this.#growTo(row);
    const at = this.#rowAt(row);
    this.#bytes.fill(0, at, at + this.#dimensions);
    this.#bytes.set(components, at);
    this.#setSigns(this.#signsAt(row), components);
    let squares = 0;
    for (let i = 0; i < components.length; i++) squares += (components[i] ?? 0) ** 2;
    this.#floats[this.#inverseLengthAt(row) / 4] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  }

  /** A copy of the row's components. */
  read(row: number): Int8Array {
    return this.#bytes.slice(this.#rowAt(row), this.#rowAt(row) + this.#dimensions);
  }

  /** The question's product with a row of unit length. */
  dot(row: number): number {
    this.#kernel.dot(this.#rowAt(row), 1, this.#inverseLengthAt(row), this.#results);
    return this.#floats[this.#results / 4] ?? 0;
  }

  /** The same for the first `count` rows; a view that the next call overwrites. */
  dots(count: number): Float32Array {
    for (let row = 0; row < count; row += BLOCK_ROWS) {
      this.#kernel.dot(this.#rowAt(row), Math.min(BLOCK_ROWS, count - row), this.#inverseLengthAt(row), this.#results + row * 4);
    }
    return new Float32Array(this.#memory.buffer, this.#results, count);
  }

  /** How many sign bits differ from the question's, for the first `count` rows; a view that the next call overwrites. */
  distances(count: number): Uint16Array {
    for (let row = 0; row < count; row += BLOCK_ROWS) {
      this.#kernel.hamming(this.#signsAt(row), Math.min(BLOCK_ROWS, count - row), this.#signsOfQuestion, this.#results + row * 2);
    }
    return new Uint16Array(this.#memory.buffer, this.#results, count);
  }

  #growTo(row: number): void {
    this.#blocks = Math.max(this.#blocks, Math.floor(row / BLOCK_ROWS) + 1);
    const missing = this.#firstBlock + this.bytes - this.#bytes.length;
    if (missing <= 0) return;
    // By a quarter, because V8 takes every growth for a whole new buffer and collects garbage. Pages that nobody wrote to cost nothing.
    this.#memory.grow(Math.ceil(Math.max(missing, this.#bytes.length / 4) / PAGE));
    this.#bytes = new Int8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  #setSigns(at: number, components: Int8Array | Int16Array): void {
    for (let i = 0; i < this.#dimensions; i += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) byte |= Number((components[i + bit] ?? 0) > 0) << bit;
      this.#bytes[at + i / 8] = byte;
    }
  }

  #blockAt(row: number): number {
    return this.#firstBlock + Math.floor(row / BLOCK_ROWS) * this.#blockBytes;
  }

  #rowAt(row: number): number {
    return this.#blockAt(row) + (row % BLOCK_ROWS) * this.#dimensions;
  }

  #signsAt(row: number): number {
    return this.#blockAt(row) + BLOCK_ROWS * this.#dimensions + (row % BLOCK_ROWS) * (this.#dimensions / 8);
  }

  #inverseLengthAt(row: number): number {
    return this.#blockAt(row) + BLOCK_ROWS * (this.#dimensions + this.#dimensions / 8) + (row % BLOCK_ROWS) * 4;
  }
}
