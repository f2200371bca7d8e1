import { expect, test } from 'vitest';
import { judgeSkips } from './skips.ts';

const outcomes = [
  { name: 'a.test.ts > works', result: 'passed' },
  { name: 'a.test.ts > needs a key', result: 'skipped' },
] as const;

test('a skip without a reason fails, one with a reason does not', () => {
  expect(judgeSkips([...outcomes], [], { isWhole: true })).toMatchObject([{ name: 'a.test.ts > needs a key', result: 'failed' }]);
  expect(judgeSkips([...outcomes], [{ test: 'a.test.ts > needs a key', reason: 'no such key here' }], { isWhole: true })).toEqual([]);
});

test('a reason for a test that ran, or that is not there, fails when the whole suite ran', () => {
  const stale = [{ test: 'a.test.ts > works', reason: 'it was broken once' }];
  expect(judgeSkips([{ name: 'a.test.ts > works', result: 'passed' }], stale, { isWhole: true })).toMatchObject([{ result: 'failed' }]);
  expect(judgeSkips([{ name: 'a.test.ts > works', result: 'passed' }], stale, { isWhole: false })).toEqual([]);
});
