import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStrictObject } from './strict-json.ts';

const read = (text: string) => readStrictObject(Buffer.from(text));

test('what JSON.stringify writes of an object is read', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
      const text = JSON.stringify(value);
      expect(read(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('an object that names a member twice is not read, however the name is written', () => {
  for (const text of [
    '{"sub":"a","sub":"b"}',
    '{"sub":"a","\\u0073ub":"b"}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[{"b":1,"b":1}]}',
    '{"":1,"":2}',
  ])
    expect(read(text)).toBeUndefined();
  expect(read('{"a":{"b":1},"b":{"b":"a\\":{"},"c":["b","b"]}')).toEqual({ a: { b: 1 }, b: { b: 'a":{' }, c: ['b', 'b'] });
});

test('what is no object, no UTF-8 or nested without end is not read', () => {
  for (const text of ['[]', '"a"', 'null', '1', '', '{', '{"a":1}x', `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`, '\ufeff{}'])
    expect(read(text)).toBeUndefined();
  expect(readStrictObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toBeUndefined();
});

test('a member called like one that every object has changes nothing', () => {
  const value = read('{"__proto__":{"admin":true},"sub":"a"}');
  expect(Object.keys(value ?? {})).toEqual(['__proto__', 'sub']);
  expect((value as { admin?: boolean }).admin).toBeUndefined();
});
