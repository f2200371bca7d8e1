import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Batcher } from './batcher.ts';

/** A batcher that keeps what it wrote, and fails for items named `bad`. */
function createWriter({ maxItems = 100, failWholeBatches = false } = {}) {
  const batches: string[][] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const batcher = new Batcher<string, string>({
    maxWaitMs: 1,
    maxItems,
    async flush(group, items) {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      try {
        await sleep(2);
        if (items.includes('bad') || (failWholeBatches && items.length > 1)) throw new Error('refused');
        batches.push(items.map((item) => `${group}:${item}`));
      } finally {
        atOnce--;
      }
    },
  });
  return { batcher, batches, mostAtOnce: () => mostAtOnce };
}

test('items that arrive together are written together, in their order', async () => {
  const { batcher, batches } = createWriter();
  await Promise.all(['1', '2', '3'].map((item) => batcher.add('a', item)));
  expect(batches).toEqual([['a:1', 'a:2', 'a:3']]);
});

test('while a batch is under way the next one collects, one batch of a group at a time', async () => {
  const { batcher, batches, mostAtOnce } = createWriter();
  const first = batcher.add('a', '0');
  await sleep(2);
  const later = Promise.all(Array.from({ length: 50 }, (_, n) => batcher.add('a', `${n + 1}`)));
  await Promise.all([first, later]);
  expect(batches.flat()).toEqual(Array.from({ length: 51 }, (_, n) => `a:${n}`));
  expect(batches.length).toBeLessThanOrEqual(3);
  expect(mostAtOnce()).toBe(1);
});

test('groups are written apart and do not wait for each other', async () => {
  const { batcher, batches, mostAtOnce } = createWriter();
  await Promise.all([batcher.add('a', '1'), batcher.add('b', '1'), batcher.add('a', '2')]);
  expect(batches.toSorted()).toEqual([['a:1', 'a:2'], ['b:1']]);
  expect(mostAtOnce()).toBe(2);
});

test('a batch is no longer than allowed', async () => {
  const { batcher, batches } = createWriter({ maxItems: 2 });
  await Promise.all(Array.from({ length: 5 }, (_, n) => batcher.add('a', `${n}`)));
  expect(batches).toEqual([['a:0', 'a:1'], ['a:2', 'a:3'], ['a:4']]);
});

test('an item that cannot be written fails alone', async () => {
  const { batcher, batches } = createWriter();
  const results = await Promise.allSettled(['1', 'bad', '2'].map((item) => batcher.add('a', item)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(batches).toEqual([['a:1'], ['a:2']]);
});

test('a batch that fails as a whole is written item by item, in order', async () => {
  const { batcher, batches } = createWriter({ failWholeBatches: true });
  await Promise.all(['1', '2', '3'].map((item) => batcher.add('a', item)));
  expect(batches).toEqual([['a:1'], ['a:2'], ['a:3']]);
});

test('draining waits for everything that was added, and for what comes meanwhile', async () => {
  const { batcher, batches } = createWriter({ maxItems: 3 });
  const settled: string[] = [];
  const note = (item: string) => void batcher.add('a', item).then(() => settled.push(item));
  for (let n = 0; n < 7; n++) note(`${n}`);
  setTimeout(() => note('late'), 3);
  await batcher.drain();
  expect(settled).toContain('late');
  expect(batches.flat()).toHaveLength(8);
  await batcher.drain();
});

test('no item is left behind, whenever it comes', async () => {
  const { batcher, batches } = createWriter();
  const added: Promise<void>[] = [];
  for (let n = 0; n < 300; n++) {
    added.push(batcher.add(`${n % 3}`, `${n}`));
    // Also in the very step in which the batch before it ends.
    if (n % 7 === 0) await added.at(-1);
    else if (n % 3 === 0) await Promise.resolve();
  }
  await Promise.all(added);
  expect(batches.flat()).toHaveLength(300);
});
