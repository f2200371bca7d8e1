import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replayWindow } from './replay-window.ts';

test('an id is fresh once, in any order, unless it is 64 or more below the highest', () => {
  const ids = fc.array(fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })), { maxLength: 300 });
  fc.assert(
    fc.property(ids, (arrivals) => {
      const window = replayWindow();
      const used = new Set<number>();
      let highest = 0;
      for (const id of arrivals) {
        const isFresh = id > 0 && !used.has(id) && (id > highest || highest - id < 64);
        expect(window.isFresh(id)).toBe(isFresh);
        if (!isFresh) continue;
        window.mark(id);
        used.add(id);
        highest = Math.max(highest, id);
      }
    }),
  );
});
