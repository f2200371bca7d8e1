/** Reads the blocks of Markdown, line by line: CommonMark 0.31 §4 and §5 with GitHub's tables and tasks, and HTML left as text. */
import type { Align, BlockNode, ListItem } from './nodes.ts';
import { readInline } from './read-inline.ts';

/** A block, and the lines it takes: from `from` up to `to`. */
export interface ReadBlock {
  readonly node: BlockNode;
  readonly from: number;
  readonly to: number;
}

type Found = { node: BlockNode; to: number };
type Reader = (lines: readonly string[], from: number, depth: number) => Found | undefined;

/** Deeper quotes and lists are read as text. */
const MAX_DEPTH = 24;

/** In the order in which a line is tried; whatever none of them takes is a paragraph. */
const READERS: readonly Reader[] = [readIndented, readFenced, readHeading, readRule, readQuote, readList, readTable, readParagraph];

/** The blocks of some lines, whose tabs are spaces. */
export function readBlocksOf(lines: readonly string[], depth = 0): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  for (let from = 0; from < lines.length; ) {
    if (isBlank(lines[from])) {
      from++;
      continue;
    }
    const found = first(READERS, (read) => read(lines, from, depth));
    if (!found) break;
    blocks.push({ node: found.node, from, to: found.to });
    from = found.to;
  }
  return blocks;
}

/** Lines for `readBlocksOf`. A tab goes on to the next multiple of four where it decides what the line is: before and behind its mark. */
export function toLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => (line.includes('\t') ? line.replace(/^[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]+)*/, expandTabs) : line));
}

function expandTabs(start: string): string {
  let expanded = '';
  for (const letter of start) expanded += letter === '\t' ? ' '.repeat(4 - (expanded.length % 4)) : letter;
  return expanded;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}(?= |$)/;
const RULE = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const MARKER = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}(?! )| (?= {4})| *$)/;
const UNDERLINE = /^ {0,3}(=+|-+) *$/;
const DELIMITER_ROW = /^ {0,3}\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

function readIndented(lines: readonly string[], from: number): Found | undefined {
  if (indentOf(lines[from]) < 4) return undefined;
  let to = from;
  for (let at = from; at < lines.length && (isBlank(lines[at]) || indentOf(lines[at]) >= 4); at++) if (!isBlank(lines[at])) to = at + 1;
  const value = lines
    .slice(from, to)
    .map((line) => line.slice(4))
    .join('\n');
  return { node: { type: 'code', value }, to };
}

function readFenced(lines: readonly string[], from: number): Found | undefined {
  const open = lines[from] ?? '';
  const fence = FENCE.exec(open)?.[1];
  if (!fence || (fence.startsWith('`') && open.trimStart().slice(fence.length).includes('`'))) return undefined;
  const indent = indentOf(open);
  const value: string[] = [];
  let at = from + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const closing = FENCE.exec(line)?.[1];
    if (closing?.startsWith(fence) && line.trim() === closing) return { node: { type: 'code', value: value.join('\n') }, to: at + 1 };
    value.push(line.slice(Math.min(indent, indentOf(line))));
  }
  return { node: { type: 'code', value: value.join('\n') }, to: at };
}

function readHeading(lines: readonly string[], from: number): Found | undefined {
  const line = lines[from] ?? '';
  const mark = HEADING.exec(line)?.[0];
  if (!mark) return undefined;
  let words = line.slice(mark.length).trim();
  // Closing marks stand apart from the words.
  let end = words.length;
  while (words.charAt(end - 1) === '#') end--;
  if (end === 0 || words.charAt(end - 1) === ' ') words = words.slice(0, end).trimEnd();
  return { node: { type: 'heading', children: readInline(words) }, to: from + 1 };
}

function readRule(lines: readonly string[], from: number): Found | undefined {
  return RULE.test(lines[from] ?? '') ? { node: { type: 'thematicBreak' }, to: from + 1 } : undefined;
}

function readQuote(lines: readonly string[], from: number, depth: number): Found | undefined {
  if (depth >= MAX_DEPTH || !QUOTE.test(lines[from] ?? '')) return undefined;
  const inside: string[] = [];
  let at = from;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (QUOTE.test(line)) inside.push(line.replace(QUOTE, ''));
    else if (continuesParagraph(inside.at(-1), line)) inside.push(line);
    else break;
  }
  return { node: { type: 'blockquote', children: readBlocksOf(inside, depth + 1).map(({ node }) => node) }, to: at };
}

function readList(lines: readonly string[], from: number, depth: number): Found | undefined {
  const marker = depth < MAX_DEPTH ? MARKER.exec(lines[from] ?? '') : null;
  if (!marker) return undefined;
  const kind = kindOf(marker);
  const items: ListItem[] = [];
  let spread = false;
  let at = from;
  for (;;) {
    const next = MARKER.exec(lines[at] ?? '');
    if (!next || kindOf(next) !== kind || RULE.test(lines[at] ?? '')) break;
    const item = readItem(lines, at, next, depth);
    items.push(item.node);
    spread ||= item.spread;
    at = item.to;
    let after = at;
    while (after < lines.length && isBlank(lines[after])) after++;
    const goesOn = MARKER.exec(lines[after] ?? '');
    if (!goesOn || kindOf(goesOn) !== kind || RULE.test(lines[after] ?? '')) break;
    spread ||= after > at;
    at = after;
  }
  const start = Number.parseInt(marker[2] ?? '', 10);
  return { node: { type: 'list', ordered: !Number.isNaN(start), start: start || 0, spread, children: items }, to: at };
}

/** A list goes on as long as its marks are of one kind: the bullet itself, or what follows the number. */
function kindOf(marker: RegExpExecArray): string {
  return (marker[2] ?? '').slice(-1);
}

function readItem(lines: readonly string[], from: number, marker: RegExpExecArray, depth: number) {
  const open = lines[from] ?? '';
  const isEmpty = marker[0].length === open.length && open.trim() === marker[2];
  const indent = isEmpty ? (marker[1] ?? '').length + (marker[2] ?? '').length + 1 : marker[0].length;
  const inside = [open.slice(marker[0].length)];
  let at = from + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (isBlank(line)) {
      // An item that begins with nothing ends with an empty line.
      if (inside.every(isBlank)) break;
      inside.push('');
    } else if (indentOf(line) >= indent) inside.push(line.slice(indent));
    else if (!MARKER.test(line) && continuesParagraph(inside.at(-1), line)) inside.push(line.trimStart());
    else break;
  }
  let to = at;
  while (inside.length > 1 && isBlank(inside.at(-1))) {
    inside.pop();
    to--;
  }
  const task = /^\[([ xX])\] /.exec(inside[0] ?? '');
  if (task) inside[0] = (inside[0] ?? '').slice(4);
  const blocks = readBlocksOf(inside, depth + 1);
  const spread = blocks.some((block, index) => index > 0 && isBlank(inside[block.from - 1]));
  const checked = task ? task[1] !== ' ' : null;
  return { node: { checked, children: blocks.map(({ node }) => node) }, spread, to };
}

function readTable(lines: readonly string[], from: number): Found | undefined {
  const row = lines[from + 1] ?? '';
  if (!(lines[from] ?? '').includes('|') || !DELIMITER_ROW.test(row)) return undefined;
  const head = cellsOf(lines[from] ?? '');
  const align = cellsOf(row).map(toAlign);
  if (head.length !== align.length) return undefined;
  const rows = [head];
  let at = from + 2;
  for (; at < lines.length && !isBlank(lines[at]) && !startsBlock(lines[at] ?? ''); at++) {
    const cells = cellsOf(lines[at] ?? '');
    rows.push(align.map((_, column) => cells[column] ?? ''));
  }
  return { node: { type: 'table', align, rows: rows.map((cells) => cells.map(readInline)) }, to: at };
}

/** Cells between bars; `\|` is a bar inside one. */
function cellsOf(line: string): string[] {
  const inside = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inside.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

function toAlign(cell: string): Align {
  const starts = cell.startsWith(':');
  if (cell.endsWith(':')) return starts ? 'center' : 'right';
  return starts ? 'left' : null;
}

function readParagraph(lines: readonly string[], from: number): Found {
  const words = [(lines[from] ?? '').trimStart()];
  let at = from + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (UNDERLINE.test(line)) return { node: { type: 'heading', children: inlineOf(words) }, to: at + 1 };
    if (isBlank(line) || startsBlock(line)) break;
    words.push(line.trimStart());
  }
  return { node: { type: 'paragraph', children: inlineOf(words) }, to: at };
}

function inlineOf(lines: readonly string[]) {
  return readInline(lines.join('\n').trimEnd());
}

/** What ends a paragraph without an empty line: not an indented line, and of lists only those that surely are some. */
function startsBlock(line: string): boolean {
  if (indentOf(line) >= 4) return false;
  const marker = MARKER.exec(line);
  const isList = marker !== null && marker[0].length < line.length && (!/^\d/.test(marker[2] ?? '') || /^1[.)]/.test(marker[2] ?? ''));
  return isList || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line);
}

/** CommonMark §5.1: a line that goes on with a paragraph needs no mark of the quote or list it is in. */
function continuesParagraph(before: string | undefined, line: string): boolean {
  if (before === undefined || isBlank(before) || isBlank(line) || startsBlock(line)) return false;
  return !FENCE.test(before) && !HEADING.test(before) && !RULE.test(before) && indentOf(before) < 4;
}

function indentOf(line = ''): number {
  return line.length - line.trimStart().length;
}

function isBlank(line = ''): boolean {
  return line.trim() === '';
}

function first<T, R>(values: readonly T[], map: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const result = map(value);
    if (result !== undefined) return result;
  }
  return undefined;
}
