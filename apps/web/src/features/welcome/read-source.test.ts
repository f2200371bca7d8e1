import { expect, test } from 'vitest';
import { readSource } from './read-source.ts';

test.each([
  ['https://acme.com/returns', { source: 'page', url: 'https://acme.com/returns' }],
  ['  acme.com/returns ', { source: 'page', url: 'https://acme.com/returns' }],
  ['# Returns\n\nWithin 30 days.', { source: 'paste', title: 'Returns', text: '# Returns\n\nWithin 30 days.' }],
  ['See https://acme.com for more', { source: 'paste', title: 'See https://acme.com for more', text: 'See https://acme.com for more' }],
  ['Returns', { source: 'paste', title: 'Returns', text: 'Returns' }],
  ['  \n ', undefined],
])('%j is read as %j', (input, expected) => {
  expect(readSource(input)).toEqual(expected);
});
