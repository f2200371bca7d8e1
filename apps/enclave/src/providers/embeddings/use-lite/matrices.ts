// Matrices of a model in WebAssembly memory, in the order in which the kernel reads them, and places to work on.

import { openMultiply, PANEL, ROWS, STEP } from './matmul.ts';

/** `inner` rows by `columns` columns, and a value to add to each column. Addresses are in bytes. */
export type Matrix = { at: number; bias: number; inner: number; columns: number };

const FLOAT = 4;
const ALIGNMENT = 16;
const PAGE = 65_536;

export class Matrices {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #multiply = openMultiply(this.#memory);
  readonly #left: number;
  readonly #right: number;
  readonly #result: number;
  readonly #zeros: number;
  #used = 0;
  #floats = new Float32Array(this.#memory.buffer);

  /** No product has more rows than `maxRows`, and none of its sides is longer than `maxSide`. */
  constructor(maxRows: number, maxSide: number) {
    const rows = roundUp(maxRows, Math.max(ROWS, PANEL));
    this.#left = this.#allocate(rows * maxSide);
    this.#result = this.#allocate(rows * maxSide);
    this.#right = this.#allocate(rows * maxSide);
    this.#zeros = this.#allocate(maxSide);
  }

  /** Keeps a matrix, row-major, with its bias: as many rows as there are `kernel.length / bias.length`. */
  add(kernel: Float32Array, bias: Float32Array): Matrix {
    const columns = bias.length;
    const inner = kernel.length / columns;
    if (columns % PANEL !== 0 || inner % STEP !== 0) throw new RangeError(`A matrix of ${inner} by ${columns} does not fit the kernel`);
    const matrix = { at: this.#allocate(kernel.length), bias: this.#allocate(columns), inner, columns };
    this.#floats.set(bias, matrix.bias / FLOAT);
    this.#pack(matrix.at, inner, columns, (row, column) => kernel[row * columns + column] ?? 0);
    return matrix;
  }

  /** max(floor, input * matrix + bias) of `rows` rows, row-major. */
  multiply(input: Float32Array, rows: number, matrix: Matrix, floor = Number.NEGATIVE_INFINITY): Float32Array {
    const { at, bias, inner, columns } = matrix;
    this.#floats.set(input.subarray(0, rows * inner), this.#left / FLOAT);
    const groups = roundUp(rows, ROWS);
    this.#multiply(this.#left, inner * FLOAT, groups, inner, at, columns / PANEL, bias, this.#result, columns * FLOAT, floor);
    return this.#floats.slice(this.#result / FLOAT, this.#result / FLOAT + rows * columns);
  }

  /** input * other of `rows` rows, for another matrix that is used once. `inner` is a multiple of STEP, `columns` of PANEL. */
  product(input: Float32Array, rows: number, inner: number, columns: number, other: (row: number, column: number) => number): Float32Array {
    this.#pack(this.#right, inner, columns, other);
    return this.multiply(input, rows, { at: this.#right, bias: this.#zeros, inner, columns });
  }

  #pack(at: number, inner: number, columns: number, value: (row: number, column: number) => number): void {
    let to = at / FLOAT;
    for (let panel = 0; panel < columns; panel += PANEL) {
      for (let row = 0; row < inner; row++) {
        for (let column = panel; column < panel + PANEL; column++) this.#floats[to++] = value(row, column);
      }
    }
  }

  #allocate(floats: number): number {
    const at = this.#used;
    this.#used = roundUp(at + floats * FLOAT, ALIGNMENT);
    const missing = this.#used - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE));
      this.#floats = new Float32Array(this.#memory.buffer);
    }
    return at;
  }
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
