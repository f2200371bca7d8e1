import { expect, test } from 'vitest';
import { sentenceTexts } from './sentence-texts.ts';

const text = 'It takes two weeks. \nAsk early.';

test('each sentence stands behind its heading, or the title where there is none', () => {
  expect(sentenceTexts({ text, title: 'Handbook', headings: ['Leave', 'Notice'] })).toEqual([
    'Notice: It takes two weeks.',
    'Notice: Ask early.',
  ]);
  expect(sentenceTexts({ text, title: 'Handbook.md', headings: [] })).toEqual(['Handbook: It takes two weeks.', 'Handbook: Ask early.']);
  expect(sentenceTexts({ text: '', title: 'Handbook', headings: [] })).toEqual([]);
});
