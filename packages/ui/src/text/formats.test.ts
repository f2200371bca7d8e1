import { expect, test } from 'vitest';
import { createFormats } from './formats.ts';

const english = createFormats('en');

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_200, '1.2 kB'],
  [41_000, '41 kB'],
  [1_200_000, '1.2 MB'],
  [132_000_000, '132 MB'],
  [5e15, '5,000 TB'],
])('%d bytes read %s', (value, expected) => {
  expect(english.bytes(value)).toBe(expected);
});

test('times far apart are said in the largest fitting unit', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(english.relative('2026-11-21T11:57:00Z', now)).toBe('3 minutes ago');
  expect(english.relative('2026-11-21T11:59:50Z', now)).toBe('this minute');
  expect(english.relative('2026-11-19T12:00:00Z', now)).toBe('2 days ago');
});

test('what is watched is said to the second, and never as of later', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(english.ago('2026-11-21T11:59:57Z', now)).toBe('3 seconds ago');
  expect(english.ago('2026-11-21T12:00:02Z', now)).toBe('now');
  expect(english.ago('2026-11-21T11:55:00Z', now)).toBe('5 minutes ago');
});

test('each language writes numbers and lists its own way', () => {
  expect(createFormats('es').number(12_345.5)).toBe('12.345,5');
  expect(createFormats('es').list(['a', 'b', 'c'])).toBe('a, b y c');
});
