import type { Translate } from '@privexbot/ui/text/texts.ts';
import { expect, test } from 'vitest';
import { type ChangeWords, describeValue, fieldName } from './change-words.ts';

const t: Translate = (id) => id;
const words: ChangeWords = { t, list: (values) => values.join(' + '), names: new Map([['kb_1', 'Returns']]) };

test.each([
  ['name', 'Acme', 'Acme'],
  ['greeting', '', 'bots.nothing'],
  ['knowledgeBases', [], 'bots.nothing'],
  ['knowledgeBases', ['kb_1', 'kb_2'], 'Returns + kb_2'],
  ['tone', 'formal', 'bots.tone.formal'],
  ['language', 'auto', 'bots.languageAuto'],
  ['look', { colour: '#00717a', title: '' }, '#00717a'],
  ['temperature', 0, '0'],
])('%s %j reads %s', (field, value, expected) => {
  expect(describeValue(words, field, value)).toBe(expected);
});

test('a field of a later release keeps its own name', () => {
  expect(fieldName(t, 'whenUnsure')).toBe('bots.whenUnsure');
  expect(fieldName(t, 'mood')).toBe('mood');
});
