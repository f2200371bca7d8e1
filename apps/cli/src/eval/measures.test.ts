import { expect, test } from 'vitest';
import { mean, ndcgAt, percentile, recallAt, reciprocalRank } from './measures.ts';

const relevance = new Map([
  ['a', 1],
  ['b', 2],
  ['c', 0],
]);

test('nDCG discounts gains by rank, over the best order', () => {
  // (1 + 3 / log2(4)) / (3 + 1 / log2(3))
  expect(ndcgAt(10, ['a', 'c', 'b'], relevance)).toBeCloseTo(2.5 / (3 + 1 / Math.log2(3)), 10);
  expect(ndcgAt(10, ['b', 'a'], relevance)).toBe(1);
  expect(ndcgAt(1, ['c', 'b'], relevance)).toBe(0);
});

test('a document found twice counts once', () => {
  expect(ndcgAt(10, ['b', 'b', 'a'], relevance)).toBe(1);
  expect(recallAt(2, ['b', 'b', 'a'], relevance)).toBe(1);
});

test('recall and reciprocal rank', () => {
  expect(recallAt(1, ['b', 'a'], relevance)).toBe(0.5);
  expect(reciprocalRank(['c', 'x', 'a'], relevance)).toBeCloseTo(1 / 3, 10);
  expect(reciprocalRank(['x'], relevance)).toBe(0);
});

test('a question without anything relevant scores 0 instead of dividing by it', () => {
  expect(ndcgAt(10, ['a'], new Map())).toBe(0);
  expect(recallAt(10, ['a'], new Map([['a', 0]]))).toBe(0);
});

test('percentiles take the nearest rank', () => {
  expect(percentile(0.5, [3, 1, 2])).toBe(2);
  expect(
    percentile(
      0.95,
      Array.from({ length: 100 }, (_, at) => at + 1),
    ),
  ).toBe(95);
  expect(percentile(0.5, [])).toBeNaN();
  expect(mean([1, 2, 6])).toBe(3);
});
