import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParseError } from './bytes.ts';
import { decodeCanonical, encodeCanonical } from './canonical-json.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'Z', '"', '\\', '/', '\n', '\u0000', '\u007f', '\u2028', 'é', '€', '\ufb33', '😀') });
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));
const object = fc.dictionary(text, value, { maxKeys: 4 });

function decode(json: string | Uint8Array, maxBytes = 10_000) {
  return decodeCanonical(typeof json === 'string' ? new TextEncoder().encode(json) : json, 'It', maxBytes);
}

test('what was written is read again, and written the same', () => {
  fc.assert(
    fc.property(object, (json) => {
      const bytes = encodeCanonical(json);
      const read = decode(bytes);
      expect(encodeCanonical(read)).toEqual(bytes);
    }),
  );
});

test('members are sorted by UTF-16 units and escapes are the shortest: RFC 8785 §3.2.3', () => {
  const json = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  const order = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const written = new TextDecoder().decode(encodeCanonical(json));
  expect(Array.from(written.matchAll(/"([^"]+)":/g), ([, name]) => name)).toEqual(order);
});

test.each([
  ['spaces', '{"a": 1}'],
  ['another order', '{"b":1,"a":1}'],
  ['a member twice', '{"a":1,"a":1}'],
  ['a fraction', '{"a":1.5}'],
  ['a number beyond what is exact', '{"a":9007199254740992}'],
  ['another form of a number', '{"a":1e2}'],
  ['minus zero', '{"a":-0}'],
  ['a longer escape', '{"a":"\\u0041"}'],
  ['half a character', '{"a":"\\ud800"}'],
  ['a byte order mark', '\ufeff{}'],
  ['rubbish behind it', '{}x'],
  ['too many levels', `{"a":${'['.repeat(9)}${']'.repeat(9)}}`],
  ['very many levels', '['.repeat(9_000)],
  ['a list', '[]'],
  ['null', 'null'],
  ['nothing', ''],
])('%s is refused', (_, json) => expect(() => decode(json)).toThrow(ParseError));

test('bytes that are not UTF-8, and too many bytes, are refused', () => {
  expect(() => decode(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toThrow(ParseError);
  expect(decode('{"a":"bcd"}', 11)).toEqual({ a: 'bcd' });
  expect(() => decode('{"a":"bcd"}', 10)).toThrow(/longer than 10 bytes/);
});

test('a member named like a property of all objects is a member like any other', () => {
  const bytes = new TextEncoder().encode('{"__proto__":{"x":1},"constructor":1}');
  expect(encodeCanonical(decodeCanonical(bytes, 'It', 100))).toEqual(bytes);
});
