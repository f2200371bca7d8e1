import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stem } from './stem.ts';

test.each([
  ['holidays', 'holiday'],
  ['policies', 'policy'],
  ['booked', 'booking'],
  ['stopped', 'stopping'],
  ['noted', 'notes'],
  ['used', 'using'],
  ['taking', 'take'],
  ['quickly', 'quick'],
  ['classes', 'class'],
])('"%s" and "%s" meet', (a, b) => {
  expect(stem(a)).toBe(stem(b));
});

test.each(['bus', 'this', 'glass', 'need', 'string', 'red', 'is'])('"%s" stays', (word) => {
  expect(stem(word)).toBe(word);
});

test.each(['привет', 'überaus', '休假', 'niños', 'été', 'abc123s'])('"%s", which is not plain a-z, stays', (word) => {
  expect(stem(word)).toBe(word);
});

test('a stem is its own stem', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,12}$/), fc.constantFrom('', 's', 'es', 'ies', 'ed', 'ing', 'ly', 'sses'), (root, ending) => {
      expect(stem(stem(root + ending))).toBe(stem(root + ending));
    }),
  );
});
