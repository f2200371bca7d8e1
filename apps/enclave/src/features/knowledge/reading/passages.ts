import { splitSentences } from '../sentences.ts';
import { JOINS, type TextBlock } from './formats/format.ts';

/**
 * A piece of a document. Passages tile the document's text: joined in order they are the text, so (`ordinal`, `start`, `end`) cites it.
 * Offsets are UTF-16 units into that text. `headings` is the path in force, outermost first; `page` the page (or slide) it begins on.
 */
export type Passage = { ordinal: number; text: string; start: number; end: number; headings: string[]; page?: number };

/** Lengths in UTF-16 units: passages are about `target` long and never longer than `max`. */
export const PASSAGE_LENGTH = { target: 1000, max: 1500 } as const;
export const MAX_HEADING_LENGTH = 200;
export const MAX_HEADING_DEPTH = 6;

export type PassageCutter = {
  /** Takes the next block and returns the passages that are certain now. */
  push: (block: TextBlock) => Passage[];
  /** Returns what is left. */
  finish: () => Passage[];
  /** UTF-16 units of text taken so far. */
  length: () => number;
};

type Heading = { heading: number; title: string };
/** Where a block begins in the document's text. A `heading` of 0 is none. */
type Mark = Heading & { at: number; page: number | undefined; opensParagraph: boolean; followsHeading: boolean };

/** Cuts a stream of blocks into passages: between blocks where that fits, else between sentences, else words, else graphemes. */
export function createPassageCutter(length: { target: number; max: number } = PASSAGE_LENGTH): PassageCutter {
  let text = ''; // what is not cut yet
  let base = 0; // where `text` begins in the document
  let marks: Mark[] = []; // of the blocks that begin in `text`
  let ordinal = 0;
  let page: number | undefined;
  let lastWasHeading = false;
  const path: Heading[] = [];

  function push(block: TextBlock): Passage[] {
    const join = block.join ?? 'paragraph';
    if (block.text === '' || (join !== 'run' && block.text.trim() === '')) return [];
    if (base + text.length > 0) text += JOINS[join];
    if (join !== 'run' || base + text.length === 0) {
      marks.push({
        at: base + text.length,
        heading: block.heading ?? 0,
        title: block.heading ? toTitle(block.title ?? block.text) : '',
        page: block.page,
        opensParagraph: join === 'paragraph',
        followsHeading: lastWasHeading,
      });
      lastWasHeading = block.heading !== undefined;
    }
    text += block.text;
    return cutWhile(2 * length.max);
  }

  /** Cuts as long as more than `keep` units are left, so that every choice sees what comes after it. */
  function cutWhile(keep: number): Passage[] {
    const passages: Passage[] = [];
    let from = 0;
    let mark = 0;
    while (text.length - from > keep) {
      const to = chooseCut(text, from, marksWithin(mark, base + from + 2 * length.max), base, page, length);
      const within = marksWithin(mark, base + to);
      passages.push(toPassage(text.slice(from, to), base + from, within));
      mark += within.length;
      from = to;
    }
    text = text.slice(from);
    base += from;
    marks = marks.slice(mark);
    return passages;
  }

  function marksWithin(from: number, before: number): Mark[] {
    let to = from;
    while (to < marks.length && (marks[to]?.at ?? 0) < before) to++;
    return marks.slice(from, to);
  }

  function toPassage(passageText: string, start: number, within: Mark[]): Passage {
    let headings = within[0]?.at === start ? undefined : toTitles(path);
    if (within[0]?.at === start) page = within[0].page ?? page;
    const startPage = page;
    for (const mark of within) {
      if (mark.heading) enter(path, mark);
      else headings ??= toTitles(path);
      page = mark.page ?? page;
    }
    headings ??= toTitles(path);
    const passage: Passage = { ordinal, text: passageText, start, end: start + passageText.length, headings };
    if (startPage !== undefined) passage.page = startPage;
    ordinal++;
    return passage;
  }

  return { push, finish: () => cutWhile(0), length: () => base + text.length };
}

/** The end of the passage that begins at `from`: an index into `text`, at most `max` further. */
function chooseCut(
  text: string,
  from: number,
  marks: Mark[],
  base: number,
  page: number | undefined,
  { target, max }: { target: number; max: number },
): number {
  const left = text.length - from;
  const softMax = Math.floor(1.2 * target);
  const cuts = marks.map((mark) => ({ mark, size: mark.at - base - from })).filter(({ mark, size }) => size > 0 && !mark.followsHeading);
  const startPage = marks[0] && marks[0].at === base + from ? (marks[0].page ?? page) : page;

  const turn = cuts.find(({ mark, size }) => size <= max && size >= shortestBefore(mark, startPage, target));
  if (turn) return from + turn.size;
  if (left <= softMax) return text.length;

  const fitting =
    cuts.findLast(({ size }) => size >= target / 2 && size <= softMax) ?? cuts.find(({ size }) => size > softMax && size <= max);
  if (fitting) return from + fitting.size;
  if (left <= max) return text.length;
  const short = cuts.findLast(({ size }) => size < target / 2);
  const next = short && cuts.find(({ size }) => size > short.size);
  if (short && (next?.size ?? left) - short.size <= max) return from + short.size;
  return cutInside(text, from, target, softMax);
}

/** How long a passage must be so that this block begins another: higher headings part sooner, a new page part of the time. */
function shortestBefore(mark: Mark, startPage: number | undefined, target: number): number {
  if (mark.heading) return mark.heading <= 2 ? target / 4 : target / 2;
  return mark.opensParagraph && mark.page !== undefined && mark.page !== startPage ? target / 2 : Number.POSITIVE_INFINITY;
}

/** Between sentences (which are themselves cut between words when too long), else between graphemes. */
function cutInside(text: string, from: number, target: number, softMax: number): number {
  const window = text.slice(from, from + softMax + 1);
  const sentence = splitSentences(window).findLast(({ start }) => start >= target / 2 && start <= softMax);
  const cut = sentence?.start ?? target;
  if (/\s/.test(window.charAt(cut - 1))) return from + cut;
  const grapheme = new Intl.Segmenter().segment(window).containing(cut)?.index ?? cut;
  if (grapheme >= target / 2) return from + grapheme;
  const code = window.charCodeAt(cut - 1);
  return from + (code >= 0xd800 && code <= 0xdbff ? cut - 1 : cut);
}

function enter(path: Heading[], { heading, title }: Heading): void {
  while ((path.at(-1)?.heading ?? 0) >= heading) path.pop();
  path.push({ heading, title });
}

function toTitles(path: Heading[]): string[] {
  return path.slice(0, MAX_HEADING_DEPTH).map(({ title }) => title);
}

function toTitle(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_HEADING_LENGTH).toWellFormed();
}
