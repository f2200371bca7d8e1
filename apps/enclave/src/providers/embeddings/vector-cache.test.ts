import { expect, test } from 'vitest';
import { VectorCache } from './vector-cache.ts';

test('the vector used longest ago makes room', () => {
  const cache = new VectorCache(2);
  cache.set('a', Float32Array.from([1]));
  cache.set('b', Float32Array.from([2]));
  cache.get('a');
  cache.set('c', Float32Array.from([3]));
  expect(['a', 'b', 'c'].map((text) => cache.get(text)?.[0])).toEqual([1, undefined, 3]);
});

test('whoever gets a vector owns it', () => {
  const cache = new VectorCache(1);
  cache.set('a', Float32Array.from([1]));
  cache.get('a')?.fill(9);
  expect(cache.get('a')?.[0]).toBe(1);
});
