// Matrix product in WebAssembly SIMD: 4 rows by 8 columns at a time, all 32 sums in registers.

import { assemble, type Code, op, repeatWhile } from '../../../wasm/assembler.ts';

/** The right matrix lies in panels of this many columns, each panel row after row. */
export const PANEL = 8;
/** Rows are worked on in groups of this many; whoever calls has room for whole groups. */
export const ROWS = 4;
/** The inner dimension is a multiple of this. */
export const STEP = 4;

/**
 * c = max(floor, a * b + bias). Addresses and strides are in bytes, 16-byte aligned but for `a`, `rows` a multiple of ROWS, `inner` of STEP,
 * `panels` how many panels b has; bias has a value for each column. Nothing may be 0.
 */
export type Multiply = (
  a: number,
  aStride: number,
  rows: number,
  inner: number,
  b: number,
  panels: number,
  bias: number,
  c: number,
  cStride: number,
  floor: number,
) => void;

const get = op.local_get;
const set = op.local_set;
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const add = (local: number, by: Code): Code => [...get(local), ...by, ...op.i32_add, ...set(local)];

const [A, A_STRIDE, ROW_COUNT, INNER, B, PANELS, BIAS, C, C_STRIDE, FLOOR] = range(10) as [
  ...[number, number, number, number, number, number, number, number, number, number],
];
const [LEFT, B_AT, B_END, PANEL_BYTES, C_AT] = [10, 11, 12, 13, 14] as const;
const ROW_AT = range(ROWS).map((row) => 15 + row);
const SUMS = range(ROWS * 2).map((sum) => 15 + ROWS + sum);
const [B_LOW, B_HIGH, FACTOR] = [15 + ROWS * 3, 16 + ROWS * 3, 17 + ROWS * 3] as const;

function oneStep(at: number): Code {
  return [
    ...[get(B_AT), op.v128_load(at * 32), set(B_LOW), get(B_AT), op.v128_load(at * 32 + 16), set(B_HIGH)].flat(),
    ...range(ROWS).flatMap((row) => [
      ...[get(ROW_AT[row] ?? 0), op.v128_load32_splat(at * 4), set(FACTOR)].flat(),
      ...[B_LOW, B_HIGH].flatMap((half, side) => {
        const sum = SUMS[row * 2 + side] ?? 0;
        return [...get(FACTOR), ...get(half), ...get(sum), ...op.f32x4_relaxed_madd, ...set(sum)];
      }),
    ]),
  ];
}

const inner: readonly Code[] = [
  ...range(STEP).map(oneStep),
  ...ROW_AT.map((row) => add(row, op.i32_const(STEP * 4))),
  add(B_AT, op.i32_const(STEP * PANEL * 4)),
];

const fourRows: readonly Code[] = [
  ...SUMS.map((sum, at): Code => [...get(BIAS), ...op.v128_load((at % 2) * 16), ...set(sum)]),
  [...get(B), ...set(B_AT)],
  repeatWhile(inner, [get(B_AT), get(B_END), op.i32_lt_u]),
  // The first row pointer has come to the end of its row: back to the start, then one stride further for each row.
  ...ROW_AT.map((row): Code => [...get(row), ...get(A_STRIDE), ...op.i32_const(ROWS), ...op.i32_mul, ...op.i32_add, ...set(row)]),
  ...ROW_AT.map((row): Code => [...get(row), ...get(INNER), ...op.i32_const(4), ...op.i32_mul, ...op.i32_sub, ...set(row)]),
  ...range(ROWS).flatMap((row) => [
    ...[0, 1].map((side): Code => {
      const sum = SUMS[row * 2 + side] ?? 0;
      return [...get(C_AT), ...get(sum), ...get(FLOOR), ...op.f32x4_splat, ...op.f32x4_max, ...op.v128_store(side * 16)];
    }),
    add(C_AT, get(C_STRIDE)),
  ]),
  add(LEFT, op.i32_const(-ROWS)),
];

const body: readonly Code[] = [
  [...get(INNER), ...op.i32_const(PANEL * 4), ...op.i32_mul, ...set(PANEL_BYTES)],
  repeatWhile(
    [
      [...get(B), ...get(PANEL_BYTES), ...op.i32_add, ...set(B_END), ...get(C), ...set(C_AT), ...get(ROW_COUNT), ...set(LEFT)],
      ...ROW_AT.map((row, at): Code => [...get(A), ...get(A_STRIDE), ...op.i32_const(at), ...op.i32_mul, ...op.i32_add, ...set(row)]),
      repeatWhile(fourRows, [get(LEFT)]),
      [...get(B_END), ...set(B)],
      add(BIAS, op.i32_const(PANEL * 4)),
      add(C, op.i32_const(PANEL * 4)),
      add(PANELS, op.i32_const(-1)),
    ],
    [get(PANELS)],
  ),
];

export function openMultiply(memory: WebAssembly.Memory): Multiply {
  const bytes = assemble([
    {
      name: 'multiply',
      parameters: [...range(9).map(() => 'i32' as const), 'f32'],
      locals: [...range(5 + ROWS).map(() => 'i32' as const), ...range(ROWS * 2 + 3).map(() => 'v128' as const)],
      body,
    },
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  // The assembler gives the export the signature written above.
  return exports.multiply as Multiply;
}
