/** Splits growing Markdown into blocks, so that only the last one is parsed again while an answer streams. */
import type { BlockNode } from './nodes.ts';
import { readBlocksOf, toLines } from './read-markdown.ts';

export interface Blocks {
  /** Blocks that later text can no longer change; their identity is kept. */
  closed: readonly BlockNode[];
  /** The last block, still open. */
  open: readonly BlockNode[];
  /** Where the open block begins. */
  tailAt: number;
  text: string;
}

export const NO_BLOCKS: Blocks = { closed: [], open: [], tailAt: 0, text: '' };

/** Continues from the blocks of a shorter text; starts over when `text` does not begin with it. */
export function readBlocks(previous: Blocks, text: string): Blocks {
  if (text === previous.text) return previous;
  const from = text.startsWith(previous.text) ? previous : NO_BLOCKS;
  const tail = text.slice(from.tailAt);
  const blocks = readBlocksOf(toLines(tail));
  const nodes = blocks.map(({ node }) => node);
  return {
    closed: [...from.closed, ...nodes.slice(0, -1)],
    open: nodes.slice(-1),
    tailAt: from.tailAt + startOfLine(tail, blocks.at(-1)?.from ?? 0),
    text,
  };
}

function startOfLine(text: string, line: number): number {
  const ends = text.matchAll(/\r\n|\n|\r/g);
  let at = 0;
  for (let count = 0; count < line; count++) {
    const end = ends.next().value;
    if (!end) return text.length;
    at = end.index + end[0].length;
  }
  return at;
}
