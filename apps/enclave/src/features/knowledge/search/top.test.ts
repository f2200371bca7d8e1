import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Top } from './top.ts';

test('the best are those of a full sort, equal scores by id', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 0, max: 12 }), (scores, limit) => {
      const top = new Top(limit);
      for (const [id, score] of scores.entries()) top.offer(id, score);
      const sorted = scores.map((score, id) => ({ score, id })).sort((a, b) => b.score - a.score || a.id - b.id);
      expect(top.ids()).toEqual(sorted.slice(0, limit).map(({ id }) => id));
    }),
  );
});
