import { expect, test } from 'vitest';
import { assemble, op, unsigned } from './assembler.ts';

test('numbers are LEB128', () => {
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(127)).toEqual([127]);
  expect(unsigned(128)).toEqual([0x80, 1]);
  expect(unsigned(624_485)).toEqual([0xe5, 0x8e, 0x26]);
});

test.each([-1, 0, 63, 64, -64, -65, 127, 128, 1_000_000, -1_000_000])('the constant %i reaches the machine', (value) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = assemble([
    { name: 'put', parameters: ['i32'], locals: [], body: [op.local_get(0), op.i32_const(value), op.f32_convert_i32_s, op.f32_store(0)] },
  ]);
  const { put } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as { put(at: number): void };
  put(8);
  expect(new Float32Array(memory.buffer)[2]).toBe(value);
});
