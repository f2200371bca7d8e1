import type { ConversationId, MessageId, OrgId } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { fitHistory, historyOf } from './history.ts';
import type { TurnContent, TurnRecord } from './store.ts';

function turn(id: string, parent: string | null, outcome: TurnContent['outcome'] = 'answered'): TurnRecord {
  const content: TurnContent = {
    parent: parent as MessageId | null,
    question: `${id}?`,
    answer: `${id}!`,
    citations: [],
    outcome,
    model: 'machine',
    version: null,
  };
  const ids = { id: id as MessageId, org_id: 'org' as OrgId, conversation_id: 'cnv' as ConversationId };
  return { ...ids, version: 1, created_at: new Date(0), content };
}

const questions = (turns: readonly TurnRecord[], parent: string | null) =>
  historyOf(turns, parent as MessageId | null).map(({ question }) => question);

const TREE = [
  turn('a', null),
  turn('b', 'a'),
  turn('b2', 'a'),
  turn('c', 'b', 'failed'),
  turn('d', 'c', 'stopped'),
  turn('e', 'd', 'unsure'),
];

test('the history of a turn is the branch that leads to it, oldest first, without what failed', () => {
  expect(questions(TREE, 'e')).toEqual(['a?', 'b?', 'd?', 'e?']);
  expect(questions(TREE, 'b2')).toEqual(['a?', 'b2?']);
  expect(questions(TREE, 'c')).toEqual(['a?', 'b?']);
  expect(questions(TREE, null)).toEqual([]);
  expect(questions(TREE, 'unknown')).toEqual([]);
});

test('a branch whose beginning is missing starts where it can', () => {
  expect(questions([turn('y', 'x'), turn('z', 'y')], 'z')).toEqual(['y?', 'z?']);
});

test('the latest turns that fit a budget are kept whole', () => {
  const history = ['one', 'two', 'three'].map((name) => ({ question: name, answer: 'x'.repeat(35) })); // 11 tokens each, the last 12
  const kept = (budget: number) => fitHistory(history, budget).map(({ question }) => question);
  expect(kept(1_000)).toEqual(['one', 'two', 'three']);
  expect(kept(34)).toEqual(['one', 'two', 'three']);
  expect(kept(33)).toEqual(['two', 'three']);
  expect(kept(12)).toEqual(['three']);
  expect(kept(11)).toEqual([]);
  expect(fitHistory([], 10)).toEqual([]);
});

test('one turn that is too long ends the history, also where older ones would fit', () => {
  const history = [
    { question: 'short', answer: '' },
    { question: 'long', answer: 'x'.repeat(1_000) },
    { question: 'last', answer: '' },
  ];
  expect(fitHistory(history, 20).map(({ question }) => question)).toEqual(['last']);
});
