// Just enough of a WebAssembly assembler to write the inner loops of search and embedding by hand and read them here: bytes in the order
// of the binary format (WebAssembly core specification, chapter 5), SIMD opcodes after the prefix 0xfd (section 5.4.8).

export type Code = readonly number[];
export type ValueType = 'i32' | 'i64' | 'f32' | 'v128';

const TYPE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b };
const EMPTY_BLOCK = 0x40;
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;

export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7) {
    const low = left & 0x7f;
    const isLast = left >> 7 === (low & 0x40 ? -1 : 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const memory =
  (opcode: Code, alignment: number) =>
  (offset: number): Code => [...opcode, alignment, ...unsigned(offset)];

/** Instructions by their names in the text format, with `_` for `.`. */
export const op = {
  i32_const: (value: number): Code => [0x41, ...signed(value)],
  i64_const: (value: number): Code => [0x42, ...signed(value)],
  local_get: (local: number): Code => [0x20, ...unsigned(local)],
  local_set: (local: number): Code => [0x21, ...unsigned(local)],
  i32_add: [0x6a],
  i32_sub: [0x6b],
  i32_mul: [0x6c],
  i32_shl: [0x74],
  i32_lt_u: [0x49],
  i32_le_u: [0x4d],
  i64_add: [0x7c],
  i64_xor: [0x85],
  i64_popcnt: [0x7b],
  i32_wrap_i64: [0xa7],
  f32_convert_i32_s: [0xb2],
  f32_mul: [0x94],
  i32_load: memory([0x28], 2),
  f32_load: memory([0x2a], 2),
  i64_load: memory([0x29], 3),
  f32_store: memory([0x38], 2),
  i32_store: memory([0x36], 2),
  i32_store16: memory([0x3b], 1),
  v128_load: memory(simd(0), 4),
  v128_load8x8_s: memory(simd(1), 3),
  v128_load32_splat: memory(simd(9), 2),
  v128_store: memory(simd(11), 4),
  i32x4_splat: simd(17),
  i32x4_extract_lane: (lane: number): Code => [...simd(27), lane],
  i32x4_add: simd(174),
  i32x4_dot_i16x8_s: simd(186),
  f32x4_splat: simd(19),
  f32x4_max: simd(233),
  /** a * b + c, rounded once or twice as the machine prefers. */
  f32x4_relaxed_madd: simd(0x105),
} as const;

/** `do { body } while (condition)`, where `condition` leaves an i32. */
export function repeatWhile(body: readonly Code[], condition: readonly Code[]): Code {
  return [0x03, EMPTY_BLOCK, ...body.flat(), ...condition.flat(), 0x0d, 0x00, 0x0b];
}

export type WasmFunction = { name: string; parameters: readonly ValueType[]; locals: readonly ValueType[]; body: readonly Code[] };

/** A module of functions without results that work on one imported memory, `env.memory`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [TYPE[type]])), ...vector([])]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, TYPE[type]])), ...body.flat(), 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(SECTION.type, types),
    ...section(SECTION.import, [[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]]),
    ...section(
      SECTION.function,
      functions.map((_, at) => unsigned(at)),
    ),
    ...section(
      SECTION.export,
      functions.map((made, at) => [...name(made.name), 0x00, ...unsigned(at)]),
    ),
    ...section(SECTION.code, bodies),
  ]);
}

function vector(items: readonly Code[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, items: readonly Code[]): number[] {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return vector(Array.from(new TextEncoder().encode(text), (byte) => [byte]));
}
