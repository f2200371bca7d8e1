import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Blocks, NO_BLOCKS, readBlocks } from './blocks.ts';

const kinds = (blocks: Blocks) => [...blocks.closed, ...blocks.open].map((node) => node.type);

test('closed blocks keep their identity while the last one grows', () => {
  const first = readBlocks(NO_BLOCKS, 'One.\n\nTwo');
  const second = readBlocks(first, 'One.\n\nTwo words.\n\n- a');
  expect(second.closed[0]).toBe(first.closed[0]);
  expect(kinds(second)).toEqual(['paragraph', 'paragraph', 'list']);
});

test('text that does not continue starts over', () => {
  expect(kinds(readBlocks(readBlocks(NO_BLOCKS, '# A\n\nb'), 'plain'))).toEqual(['paragraph']);
});

test('fed in any pieces, the blocks are those of the whole', () => {
  const text = '# Title\n\nA *b* [1].\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nx\n```\n\n1. one\n2. two\n\n> quote & end\n';
  const cuts = fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 8 });
  const property = fc.property(cuts, (places) => {
    const stops = [...places.sort((a, b) => a - b), text.length];
    const streamed = stops.reduce((blocks, stop) => readBlocks(blocks, text.slice(0, stop)), NO_BLOCKS);
    expect(kinds(streamed)).toEqual(kinds(readBlocks(NO_BLOCKS, text)));
  });
  fc.assert(property, { numRuns: 40 });
});
