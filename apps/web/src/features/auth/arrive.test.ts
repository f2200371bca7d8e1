import { expect, test } from 'vitest';
import { safeTarget } from './arrive.ts';

test.each([
  ['/o/x?a=1', '/o/x?a=1'],
  ['//evil.com', '/'],
  ['/\\evil.com', '/'],
  ['https://evil.com', '/'],
  ['javascript:alert(1)', '/'],
  ['https:evil.com', '/'],
  ['\\\\evil.com', '/'],
  ['/%0d%0aset-cookie:x', '/'],
  ['/\t/evil.com', '/'],
  ['/\n/evil.com', '/'],
  ['/%5cevil.com', '/'],
  ['/a/..//evil.com', '/'],
  [undefined, '/'],
])('after signing in, %j leads to %j', (wanted, expected) => {
  expect(safeTarget(wanted)).toBe(expected);
});
