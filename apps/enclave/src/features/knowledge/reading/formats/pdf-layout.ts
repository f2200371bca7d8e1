import { toLine } from '../normalise.ts';
import type { TextBlock } from './format.ts';
import { type Line, type TextItem, toLines } from './pdf-lines.ts';

/** A gap between lines above this many line heights parts paragraphs. */
const PARAGRAPH_GAP = 1.6;
/** A line ends a paragraph when it stops this much short of the longest line of the page. */
const FULL_LINE = 0.8;
const LONGEST_HEADING = 150;
/** How many times the size of the body text a heading of each level is, at least. */
const HEADING_SIZES = [1.7, 1.4, 1.18] as const;

/** Turns the runs of one page after the other into paragraphs and headings; learns the size of the body text as it goes. */
export function createPageLayout(): (items: TextItem[]) => TextBlock[] {
  const charactersOfSize = new Map<number, number>();

  return (items) => {
    const lines = toLines(items);
    for (const { size, text } of lines) charactersOfSize.set(size, (charactersOfSize.get(size) ?? 0) + text.length);
    const bodySize = mostFrequent(charactersOfSize);
    const longest = Math.max(0, ...lines.slice(0, 2000).map(({ left, right }) => right - left));
    const blocks: TextBlock[] = [];
    let paragraph: Line[] = [];
    const flush = (): void => {
      if (paragraph.length > 0) blocks.push(toBlock(paragraph, bodySize, longest));
      paragraph = [];
    };
    for (const line of lines) {
      const last = paragraph.at(-1);
      if (last && isApart(last, line)) flush();
      paragraph.push(line);
    }
    flush();
    return blocks;
  };
}

function isApart(last: Line, line: Line): boolean {
  const gap = line.y - last.y;
  const size = Math.max(last.size, line.size, 1);
  return gap < 0 || gap > PARAGRAPH_GAP * size || Math.abs(last.size - line.size) > 0.15 * size;
}

function toBlock(lines: Line[], bodySize: number, longest: number): TextBlock {
  const text = joinLines(lines, longest);
  const size = lines[0]?.size ?? 0;
  const level = HEADING_SIZES.findIndex((ratio) => size >= ratio * bodySize) + 1;
  const isHeading = level > 0 && text.length <= LONGEST_HEADING && /\p{L}{2}/u.test(text);
  return { type: 'text', text, ...(isHeading ? { heading: level, title: toLine(text) } : {}) };
}

/** A line that fills the width goes on in the next one; a shorter one ends a line of the text too. */
function joinLines(lines: Line[], longest: number): string {
  let text = '';
  let wraps = false;
  for (const line of lines) {
    const next = line.text.trim();
    if (text === '') text = next;
    else if (text.endsWith('\u00ad')) text = text.slice(0, -1) + next;
    else if (wraps && /\p{Ll}-$/u.test(text) && /^\p{Ll}/u.test(next)) text = text.slice(0, -1) + next;
    else if (wraps && isCjk(text.charCodeAt(text.length - 1)) && isCjk(next.charCodeAt(0))) text += next;
    else text += (wraps ? ' ' : '\n') + next;
    wraps = line.right - line.left >= FULL_LINE * longest;
  }
  return text;
}

/** Ideographs, kana, and their punctuation: written without spaces. */
function isCjk(code: number): boolean {
  return (code >= 0x3000 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) || (code >= 0xff00 && code <= 0xffef);
}

function mostFrequent(counts: Map<number, number>): number {
  let best = 0;
  let most = 0;
  for (const [size, count] of counts) if (count > most) [best, most] = [size, count];
  return best;
}
