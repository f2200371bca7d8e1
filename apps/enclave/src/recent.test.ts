import { expect, test } from 'vitest';
import { Recent } from './recent.ts';

/** A cache over a source that counts how often it was asked, with a clock and a count of changes of its own. */
function counted<T>(answer: T) {
  const state = { at: 0, changes: 0, asked: 0 };
  const recent = new Recent<T>(
    () => new Date(state.at),
    () => state.changes,
  );
  const ask = () =>
    recent.get('thing', async () => {
      state.asked++;
      return answer;
    });
  return { state, ask };
}

test.each([true, false, 0, '', null])('an answer of %j is kept for a second', async (answer) => {
  const { state, ask } = counted(answer);
  expect([await ask(), await ask()]).toEqual([answer, answer]);
  expect(state.asked).toBe(1);
  state.at = 1_000;
  await ask();
  expect(state.asked).toBe(2);
});

test('what is nowhere is asked for each time', async () => {
  const { state, ask } = counted(undefined);
  await ask();
  await ask();
  expect(state.asked).toBe(2);
});

test('a change makes every answer out of date, and so does a clock that was set back', async () => {
  const { state, ask } = counted('admin');
  state.at = 10_000;
  await ask();
  state.changes++;
  await ask();
  expect(state.asked).toBe(2);
  state.at = 9_000;
  await ask();
  expect(state.asked).toBe(3);
});

test('those who ask at once share one answer, and a failure is kept for nobody', async () => {
  let asked = 0;
  const recent = new Recent<number>(
    () => new Date(0),
    () => 0,
  );
  const ask = () =>
    recent.get('thing', async () => {
      if (++asked === 1) throw new Error('on purpose');
      return asked;
    });
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(2);
});
