// The two inner loops of vector search as WebAssembly SIMD, written for one number of dimensions: a few hundred bytes, no toolchain, the
// same on every machine.

import { assemble, type Code, op, repeatWhile, type ValueType } from '../../../wasm/assembler.ts';

/** Dimensions are padded with zeros to a multiple of this: one word of sign bits, two steps of products. */
export const LANE = 64;

/** All arguments but `count`, which is at least 1, are byte addresses. */
export type VectorKernel = {
  /** For `count` rows of int8: out[i] (f32) = (row i . question) * factors[i] (f32). The question, int16, begins at address 0. */
  dot(rows: number, count: number, factors: number, out: number): void;
  /** For `count` rows of sign bits: out[i] (u16) = how many differ from the question's. */
  hamming(rows: number, count: number, question: number, out: number): void;
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
function hamming(dimensions: number): readonly Code[] {
  const [row, count, question, out, words] = [0, 1, 2, 3, 4] as const;
  const all = range(dimensions / 64);
  const differing = (at: number): Code => [
    ...[get(row), op.i64_load(8 * at), get(words + at), op.i64_xor, op.i64_popcnt, at > 0 ? op.i64_add : []].flat(),
  ];
  return [
    ...all.map((at): Code => [...get(question), ...op.i64_load(8 * at), ...set(words + at)]),
    repeatWhile(
      [
        [...get(out), ...all.flatMap(differing), ...op.i32_wrap_i64, ...op.i32_store16(0)],
        advance(row, dimensions / 8),
        advance(out, 2),
        advance(count, -1),
      ],
      [get(count)],
    ),
  ];
}

const PARAMETERS: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32'];

/** The module's bytes. `dimensions` is a multiple of LANE. */
export function kernelBytes(dimensions: number): Uint8Array<ArrayBuffer> {
  return assemble([
    { name: 'dot', parameters: PARAMETERS, locals: ['i32', 'v128', 'v128', 'v128', 'v128'], body: dot(dimensions) },
    { name: 'hamming', parameters: PARAMETERS, locals: range(dimensions / 64).map(() => 'i64'), body: hamming(dimensions) },
  ]);
}

export function openKernel(dimensions: number, memory: WebAssembly.Memory): VectorKernel {
  const module = new WebAssembly.Module(kernelBytes(dimensions));
  // The assembler gives every export the signature written above.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as VectorKernel;
}
