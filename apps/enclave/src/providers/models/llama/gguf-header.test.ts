import { tinyGguf } from '@privexbot/testing/tiny-gguf.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import { readGgufHeader } from './gguf-header.ts';

const MODEL = tinyGguf();

/** The refusal of a file, or `accepted`. Anything but an AppError fails the test. */
function refusal(file: Uint8Array, sizeBytes = file.length): unknown {
  try {
    readGgufHeader(file, sizeBytes);
    return 'accepted';
  } catch (error) {
    if (error instanceof AppError && error.code === 'model_file_refused') return error.details.refusal;
    throw error;
  }
}

/** The file with some bytes written over it. */
function patched(offset: number, ...bytes: number[]): Uint8Array {
  const copy = MODEL.slice();
  copy.set(bytes, offset);
  return copy;
}

test('the head of a model says what it is, also without the rest of the file', () => {
  const expected = { architecture: 'llama', name: 'tiny', contextTokens: 512, parameters: 115_392, quantisation: 'F32' };
  expect(readGgufHeader(MODEL, MODEL.length)).toEqual(expected);
  expect(readGgufHeader(MODEL.subarray(0, 20_000), MODEL.length)).toEqual(expected);
});

test.each([
  ['an empty file', new Uint8Array(), 'not_gguf'],
  ['another kind of file', new TextEncoder().encode('%PDF-1.7 and so on'), 'not_gguf'],
  ['a version that is gone', patched(4, 1), 'version'],
  ['a file of the other byte order', patched(4, 0, 0, 0, 3), 'version'],
  ['a file with one letter less than its magic', MODEL.subarray(0, 3), 'not_gguf'],
  ['a model without a chat template', tinyGguf({ chatTemplate: null }), 'chat_template'],
  ['a model with an empty chat template', tinyGguf({ chatTemplate: ' ' }), 'chat_template'],
  ['an architecture that is no name', tinyGguf({ architecture: '../x' }), 'architecture'],
  ['an architecture whose context is not named', tinyGguf({ architecture: 'bert' }), 'context'],
  ['a context too short for any use', tinyGguf({ contextTokens: 8 }), 'context'],
  ['a count of tensors beyond reason', patched(8, 255, 255, 255, 255), 'malformed'],
  ['a count of entries beyond reason', patched(16, 255, 255, 255, 255), 'malformed'],
  ['a count no number can hold', patched(16, 255, 255, 255, 255, 255, 255, 255, 255), 'malformed'],
  ['a key longer than the file', patched(24, 255, 255, 255, 255), 'truncated'],
  ['an unknown type of value', patched(24 + 8 + 'general.architecture'.length, 99), 'malformed'],
])('%s is refused', (_name, file, expected) => {
  expect(refusal(file)).toBe(expected);
});

test('a file that ends anywhere before its tensors is truncated, unless only its head was given', () => {
  for (let length = 8; length < 9_000; length += 37) {
    expect([length, refusal(MODEL.subarray(0, length))]).toEqual([length, 'truncated']);
    expect(refusal(MODEL.subarray(0, length), MODEL.length)).toMatch(/header_too_large|accepted/);
  }
});

test('a file that ends within its last tensor is truncated, even by one byte', () => {
  expect(refusal(MODEL)).toBe('accepted');
  for (const missing of [1, 31, 100]) expect(refusal(MODEL.subarray(0, MODEL.length - missing))).toBe('truncated');
});

test('a tensor without elements, of a type that is not known, does not hide that the others are cut off', () => {
  const name = Buffer.from(MODEL).indexOf('output_norm.weight');
  expect(name).toBeGreaterThan(0);
  const dimensions = name + 'output_norm.weight'.length;
  const file = patched(dimensions + 4, 0, 0, 0, 0, 0, 0, 0, 0, 99); // one dimension of 0, then the type
  expect(refusal(file)).toBe('accepted');
  expect(refusal(file.subarray(0, file.length - 100))).toBe('truncated');
});

test('every refusal says what to do', () => {
  expect(() => readGgufHeader(tinyGguf({ chatTemplate: null }), 1e9)).toThrow(/refused: it has no chat template.*Choose/);
});

test('no change of bytes makes it throw anything but a refusal, or take long', () => {
  const head = MODEL.subarray(0, 12_000);
  const change = fc.tuple(fc.nat(head.length - 9), fc.uint8Array({ minLength: 1, maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const copy = head.slice();
      for (const [offset, bytes] of changes) copy.set(bytes, offset);
      refusal(copy, MODEL.length);
    }),
    { numRuns: 2_000 },
  );
});
