import { expect, test } from 'vitest';
import { type ChatAction, type ChatState, EMPTY_CHAT, reduceChat, shownTurns } from './turns.ts';

function run(...actions: ChatAction[]): ChatState {
  return actions.reduce(reduceChat, EMPTY_CHAT);
}
const ask = (key: string, parent: string | null = null): ChatAction => ({ type: 'asked', key, parent, question: `q-${key}` });
const done = (key: string): ChatAction => ({
  type: 'event',
  key,
  event: {
    type: 'done',
    outcome: 'answered',
    citations: [],
    model: 'grounded',
    version: null,
    milliseconds: 3,
    tokens: { input: 1, output: 1 },
  },
});
const keys = (state: ChatState) => shownTurns(state).map((turn) => turn.key);

test('pieces of text join in the order they come, and the end says how it ended', () => {
  const text = (value: string): ChatAction => ({ type: 'event', key: 'a', event: { type: 'text', text: value } });
  const [turn] = shownTurns(run(ask('a'), text('Hel'), text('lo'), done('a')));
  expect(turn).toMatchObject({ answer: 'Hello', state: 'answered', model: 'grounded' });
});

test('a retry makes a branch beside the first answer and both stay reachable', () => {
  const state = run(ask('a'), done('a'), ask('b', 'a'), done('b'), ask('b2', 'a'), done('b2'));
  expect(keys(state)).toEqual(['a', 'b2']);
  expect(shownTurns(state)[1]).toMatchObject({ branch: 2, branches: 2 });
  const back = reduceChat(state, { type: 'branch', key: 'b2', step: -1 });
  expect(keys(back)).toEqual(['a', 'b']);
  expect(reduceChat(back, { type: 'branch', key: 'b', step: -1 })).toBe(back);
});

test('an edit of the first question keeps what followed it on its own branch', () => {
  const state = run(ask('a'), ask('b', 'a'), ask('a2'));
  expect(keys(state)).toEqual(['a2']);
  expect(keys(reduceChat(state, { type: 'branch', key: 'a2', step: -1 }))).toEqual(['a', 'b']);
});

test('stopping keeps the part that came, and does not undo an answer that was already complete', () => {
  const stopped = run(
    ask('a'),
    { type: 'event', key: 'a', event: { type: 'text', text: 'Half' } },
    { type: 'ended', key: 'a', state: 'stopped' },
  );
  expect(shownTurns(stopped)[0]).toMatchObject({ answer: 'Half', state: 'stopped' });
  expect(shownTurns(run(ask('a'), done('a'), { type: 'ended', key: 'a', state: 'incomplete' }))[0]?.state).toBe('answered');
});

test('taking a vote back leaves none', () => {
  const state = run(ask('a'), done('a'), { type: 'rated', key: 'a', feedback: 'up' }, { type: 'rated', key: 'a', feedback: null });
  expect(shownTurns(state)[0]?.feedback).toBeUndefined();
});
