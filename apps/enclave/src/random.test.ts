import { expect, test } from 'vitest';
import { randomBytes } from './random.ts';

test('no bytes are given twice, none are left zero, and what was given does not change', () => {
  const given = Array.from({ length: 5_000 }, (_, n) => randomBytes(8 + (n % 40)));
  const kept = given.map((bytes) => bytes.toString('hex'));
  expect(new Set(kept.map((hex) => hex.slice(0, 16))).size).toBe(given.length);
  expect(given.map((bytes) => bytes.toString('hex'))).toEqual(kept);
  const zeros = given.reduce((sum, bytes) => sum + bytes.filter((byte) => byte === 0).length, 0);
  const total = given.reduce((sum, bytes) => sum + bytes.length, 0);
  expect(zeros / total).toBeLessThan(0.01); // one in 256 is expected
});

test('more than is fetched at a time can be had at once', () => {
  expect([randomBytes(0).length, randomBytes(8_192).length, randomBytes(100_000).length]).toEqual([0, 8_192, 100_000]);
  expect(randomBytes(100_000).equals(randomBytes(100_000))).toBe(false);
});
