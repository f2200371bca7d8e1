import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, fuse } from './fuse.ts';

const order = (candidates: Candidate[]): number[] => fuse(candidates).map(({ id }) => id);

test('with words alone the order is that of the words', () => {
  expect(
    order([
      { id: 1, words: 0.2 },
      { id: 2, words: 0.9 },
    ]),
  ).toEqual([2, 1]);
});

test('meaning decides where words say little, words where meanings are near', () => {
  expect(
    order([
      { id: 1, words: 0.15, meaning: 0.3 },
      { id: 2, words: 0, meaning: 0.8 },
    ]),
  ).toEqual([2, 1]);
  expect(
    order([
      { id: 1, words: 0.7, meaning: 0.5 },
      { id: 2, words: 0.2, meaning: 0.55 },
    ]),
  ).toEqual([1, 2]);
});

test('a passage without vectors stands where one with the same words and usual meaning would', () => {
  const known = Array.from({ length: 30 }, (_, id) => ({ id, words: 0.02 * id, meaning: 0.1 + 0.02 * id }));
  const ranked = order([...known, { id: 99, words: 0.41 }]);
  const at = ranked.indexOf(99);
  expect(ranked.slice(at - 2, at + 3)).toEqual(expect.arrayContaining([20, 21]));
});

test('the best by words does not sink because only the others have vectors', () => {
  const others = Array.from({ length: 50 }, (_, id) => ({ id, words: id < 25 ? 0.3 : 0, meaning: 0.35 }));
  expect(order([...others, { id: 99, words: 0.9 }])[0]).toBe(99);
});

test('scores lie between 0 and 1 and descend, whatever comes in', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const candidate = fc.record({ words: unit, meaning: fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 60 }), (made) => {
      const candidates = made.map(({ words, meaning }, id) => (meaning === undefined ? { id, words } : { id, words, meaning }));
      const scores = fuse(candidates).map(({ score }) => score);
      expect(scores).toHaveLength(candidates.length);
      for (const score of scores) expect(score >= 0 && score <= 1).toBe(true);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }),
  );
});
