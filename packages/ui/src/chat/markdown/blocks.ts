/** Splits growing Markdown into blocks, so that only the last one is parsed again while an answer streams. */
import type { RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

const OPTIONS = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };

export interface Block {
  /** The Markdown of this block, also what unknown nodes show. */
  source: string;
  node: RootContent;
}

export interface Blocks {
  /** Blocks that later text can no longer change; their identity is kept. */
  closed: readonly Block[];
  /** The last block, still open. */
  open: readonly Block[];
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
  const nodes = parseMarkdown(tail);
  const blocks = nodes.map((node) => ({ node, source: sourceOf(node, tail) }));
  const last = nodes.at(-1);
  return {
    closed: [...from.closed, ...blocks.slice(0, -1)],
    open: blocks.slice(-1),
    tailAt: from.tailAt + (last?.position?.start.offset ?? 0),
    text,
  };
}

/** The top-level nodes of a text. */
export function parseMarkdown(text: string): RootContent[] {
  return fromMarkdown(text, OPTIONS).children;
}

/** The stretch of the text a node was read from. */
export function sourceOf(node: RootContent, text: string): string {
  return text.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
}
