// The inner loops of vector search as WebAssembly SIMD, written for one number of dimensions: a few hundred bytes, no toolchain, the
// same on every machine.

import { assemble, type Code, op, repeatWhile, type ValueType } from '../../../wasm/assembler.ts';

/** Dimensions are padded with zeros to a multiple of this: one word of sign bits, two steps of products. */
export const LANE = 64;

/** All arguments but `count`, which is at least 1, are byte addresses. */
export type VectorKernel = {
  /** For `count` rows of int8: out[i] (f32) = (row i . question) * factors[i] (f32). The question, int16, begins at address 0. */
  dot(rows: number, count: number, factors: number, out: number): void;
  /** For `count` rows of sign bits: out[i] (u16) = how many differ from the question's. */
  distances(rows: number, count: number, question: number, out: number): void;
  /**
   * For `count` rows of sign bits: appends `first + i` (u32) at the address that stands at address 0, for each row i of which at most `cut`
   * bits differ, and moves that address on. Writes one entry more than it keeps.
   */
  near(rows: number, count: number, question: number, cut: number, first: number): void;
};

const get = op.local_get;
const set = op.local_set;
const advance = (local: number, by: number): Code => [...get(local), ...op.i32_const(by), ...op.i32_add, ...set(local)];
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Four running sums of 4 lanes each; a step multiplies 32 components. */
function dot(dimensions: number): readonly Code[] {
  const [row, count, factor, out, question, a] = [0, 1, 2, 3, 4, 5] as const;
  const sums = range(4).map((at) => a + at);
  const multiply = (sum: number, at: number): Code => [
    ...[get(row), op.v128_load8x8_s(8 * at), get(question), op.v128_load(16 * at), op.i32x4_dot_i16x8_s].flat(),
    ...[get(sum), op.i32x4_add, set(sum)].flat(),
  ];
  const lanes = range(4).flatMap((lane) => [...get(a), ...op.i32x4_extract_lane(lane)]);
  const step = [...sums.map(multiply), advance(question, 64), advance(row, 32)];
  const hasMore = [get(question), op.i32_const(dimensions * 2), op.i32_lt_u];
  return [
    repeatWhile(
      [
        ...sums.map((sum): Code => [...op.i32_const(0), ...op.i32x4_splat, ...set(sum)]),
        [...op.i32_const(0), ...set(question)],
        repeatWhile(step, hasMore),
        [...sums.flatMap(get), ...op.i32x4_add, ...op.i32x4_add, ...op.i32x4_add, ...set(a)],
        [...get(out), ...lanes, ...op.i32_add, ...op.i32_add, ...op.i32_add, ...op.f32_convert_i32_s],
        [...get(factor), ...op.f32_load(0), ...op.f32_mul, ...op.f32_store(0)],
        advance(factor, 4),
        advance(out, 4),
        advance(count, -1),
      ],
      [get(count)],
    ),
  ];
}

/** The question's words stay in registers; scalar popcnt is one instruction on x86-64 and beats SIMD there. */
function countDiffering(dimensions: number, row: number, question: number, words: number): { load: Code; count: Code } {
  const all = range(dimensions / 64);
  const load = all.flatMap((at) => [...get(question), ...op.i64_load(8 * at), ...set(words + at)]);
  const count = all.flatMap((at) => [
    ...[get(row), op.i64_load(8 * at), get(words + at), op.i64_xor, op.i64_popcnt, at > 0 ? op.i64_add : []].flat(),
  ]);
  return { load, count: [...count, ...op.i32_wrap_i64] };
}

function distances(dimensions: number): readonly Code[] {
  const [row, count, question, out, words] = [0, 1, 2, 3, 4] as const;
  const differing = countDiffering(dimensions, row, question, words);
  return [
    differing.load,
    repeatWhile(
      [[...get(out), ...differing.count, ...op.i32_store16(0)], advance(row, dimensions / 8), advance(out, 2), advance(count, -1)],
      [get(count)],
    ),
  ];
}

/** Every row is written and the place to write moved on only for near ones: no branch to guess wrong. */
function near(dimensions: number): readonly Code[] {
  const [row, count, question, cut, id, out, words] = [0, 1, 2, 3, 4, 5, 6] as const;
  const differing = countDiffering(dimensions, row, question, words);
  return [
    differing.load,
    [...op.i32_const(0), ...op.i32_load(0), ...set(out)],
    repeatWhile(
      [
        [...get(out), ...get(id), ...op.i32_store(0)],
        [...get(out), ...differing.count, ...get(cut), ...op.i32_le_u, ...op.i32_const(2), ...op.i32_shl, ...op.i32_add, ...set(out)],
        advance(row, dimensions / 8),
        advance(id, 1),
        advance(count, -1),
      ],
      [get(count)],
    ),
    [...op.i32_const(0), ...get(out), ...op.i32_store(0)],
  ];
}

/** The module's bytes. `dimensions` is a multiple of LANE. */
function kernelBytes(dimensions: number): Uint8Array<ArrayBuffer> {
  const integers = (count: number): ValueType[] => range(count).map(() => 'i32');
  const words = range(dimensions / 64).map((): ValueType => 'i64');
  return assemble([
    { name: 'dot', parameters: integers(4), locals: ['i32', 'v128', 'v128', 'v128', 'v128'], body: dot(dimensions) },
    { name: 'distances', parameters: integers(4), locals: words, body: distances(dimensions) },
    { name: 'near', parameters: integers(5), locals: ['i32', ...words], body: near(dimensions) },
  ]);
}

export function openKernel(dimensions: number, memory: WebAssembly.Memory): VectorKernel {
  const module = new WebAssembly.Module(kernelBytes(dimensions));
  // The assembler gives every export the signature written above.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as VectorKernel;
}
