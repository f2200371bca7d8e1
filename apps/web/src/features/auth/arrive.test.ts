import { expect, test } from 'vitest';
import { safeTarget } from './arrive.ts';

test.each([
  ['/o/x?a=1', '/o/x?a=1'],
  ['//evil.com', '/'],
  ['/\\evil.com', '/'],
  ['https://evil.com', '/'],
  ['javascript:alert(1)', '/'],
  [undefined, '/'],
])('after signing in, %j leads to %j', (wanted, expected) => {
  expect(safeTarget(wanted)).toBe(expected);
});
