import type { Passage } from '@privexbot/flow';
import { expect, test } from 'vitest';
import { citeWritten } from './citations.ts';

const passage = (id: string, text: string): Passage => ({ id, document: id, documentTitle: id, ordinal: 0, text, headings: [], score: 1 });

const LEAVE = passage('leave', 'The canteen opens at noon.  Full-time staff receive 27 days of annual leave. Ask HR.\n');
const DOGS = passage('dogs', 'Dogs are not allowed in the building.');
const FEES = passage('fees', 'Adults pay nine crowns at the gate.');

/** `number: quote` of each citation; every quote is checked to stand at its place. */
function quotes(answer: string, passages: readonly Passage[] = [LEAVE, DOGS, FEES]): string[] {
  return citeWritten(answer, passages).map(({ number, passage, quote, start, end }) => {
    expect(passage.text.slice(start, end)).toBe(quote);
    return `${number}: ${quote}`;
  });
}

const DAYS = '1: Full-time staff receive 27 days of annual leave.';

test('the sentence that supports a statement best is its source', () => {
  expect(quotes('Full-time staff get 27 days of leave [1].')).toEqual([DAYS]);
  expect(quotes('FULL-TIME STAFF: 27 DAYS OF LEAVE [1]')).toEqual([DAYS]);
});

test('a mark counts for the statement it follows, before or behind the full stop', () => {
  expect(quotes('Full-time staff receive 27 days of leave. [1] Whales sing.')).toEqual([DAYS]);
  expect(quotes('Full-time staff receive 27 days of leave.[1] Whales sing.')).toEqual([DAYS]);
  expect(quotes('Full-time staff receive 27 days of leave. [1]')).toEqual([DAYS]);
  expect(quotes('Whales sing. [1] Full-time staff receive 27 days of annual leave.')).toEqual([]);
});

test('a statement with two marks has two sources, in the order of their numbers', () => {
  expect(quotes('Adults pay nine crowns at the gate [3], and dogs are not allowed in the building [2].')).toEqual([
    '2: Dogs are not allowed in the building.',
    '3: Adults pay nine crowns at the gate.',
  ]);
});

test.each([
  ['a statement that its passage does not support', 'Whales are the largest mammals [1].'],
  ['a number without a passage', 'Adults pay nine crowns at the gate [4]. And again [0].'],
  ['a passage that is not the one', 'Adults pay nine crowns at the gate [2].'],
  ['a mark without a statement', '[1] [2] [3]'],
  ['words too short to mean anything', 'It is so [1].'],
  ['brackets that are no mark', 'Full-time staff receive 27 days of annual leave [one] [123] [1'],
  ['an empty answer', ''],
])('%s gets no citation', (_, answer) => {
  expect(quotes(answer)).toEqual([]);
});

test('a source is named once, by the first statement that it supports', () => {
  expect(quotes('Whales sing [1]. Staff receive 27 days of annual leave [1]. The canteen opens at noon [1].')).toEqual([DAYS]);
});

test('passages in any script, with emoji, are quoted whole', () => {
  const text = '🎉 Сотрудники получают 27 дней отпуска. Столовая открыта.';
  expect(quotes('Сотрудники получают 27 дней отпуска [1].', [passage('ru', text)])).toEqual(['1: 🎉 Сотрудники получают 27 дней отпуска.']);
});
