import { expect, test } from 'vitest';
import { createSaver, type SaveState } from './saver.ts';

function setUp(failing: () => boolean = () => false) {
  const written: string[] = [];
  const states: SaveState<string>['state'][] = [];
  let running = 0;
  const saver = createSaver<string, string>(
    undefined,
    async (value, before) => {
      expect(++running).toBe(1);
      await Promise.resolve();
      running--;
      if (failing()) throw new Error('refused');
      written.push(`${before ?? ''}>${value}`);
      return value;
    },
    ({ state }) => states.push(state),
    1,
  );
  return { saver, written, states };
}

test('only the newest of several quick changes is written', async () => {
  const { saver, written } = setUp();
  for (const value of ['a', 'ab', 'abc']) saver.change(value);
  expect(await saver.flush()).toBe('abc');
  expect(written).toEqual(['>abc']);
});

test('writes never overlap, and each knows what the one before stored', async () => {
  const { saver, written } = setUp();
  saver.change('a');
  const first = saver.flush();
  saver.change('b');
  await Promise.all([first, saver.flush()]);
  await saver.flush();
  expect(written).toEqual(['>a', 'a>b']);
});

test('a refused value is kept and written by the next attempt', async () => {
  let refuse = true;
  const { saver, written, states } = setUp(() => refuse);
  saver.change('a');
  await expect(saver.flush()).rejects.toThrow('refused');
  refuse = false;
  expect(await saver.flush()).toBe('a');
  expect(written).toEqual(['>a']);
  expect(states).toEqual(['saving', 'failed', 'saving', 'saved']);
});

test('after a restart nothing of the old draft is written', async () => {
  const { saver, written } = setUp();
  saver.change('mine');
  saver.restart('theirs');
  expect(await saver.flush()).toBe('theirs');
  expect(written).toEqual([]);
});
