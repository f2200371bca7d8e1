import { expect, test } from 'vitest';
import { topicsOf } from './topics.ts';

test('the innermost headings are the topics, each once, at most three', () => {
  const headings = [['Returns'], ['Returns', 'Refunds'], ['Returns', 'Refunds'], [], ['Shipping'], ['Warranty']];
  expect(topicsOf(headings.map((path) => ({ headings: path })))).toEqual(['Returns', 'Refunds', 'Shipping']);
});

test('a heading as long as a paragraph is none', () => {
  expect(topicsOf([{ headings: ['x'.repeat(61)] }, { headings: [' '] }])).toEqual([]);
});
