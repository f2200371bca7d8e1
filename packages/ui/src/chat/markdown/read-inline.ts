/**
 * Reads the inside of a paragraph: emphasis, code, links, breaks. The rules are those of CommonMark 0.31 §6 with GitHub's strikethrough and
 * bare addresses, without what answers do not have: HTML and references stay the text they are written as.
 */
import { decodeEntity } from './entities.ts';
import type { Inline } from './nodes.ts';

/** A run of `*`, `_` or `~` that may begin or end something. */
interface Run {
  readonly mark: string;
  readonly canOpen: boolean;
  readonly canClose: boolean;
  /** How many marks are left of it; what is never used is text. */
  left: number;
}

type Piece = Inline | { type: 'run'; run: Run } | { type: 'bracket'; isImage: boolean };

/** More of them in one paragraph are text: pairing has to stay quick whatever somebody writes. */
const MAX_RUNS = 1_000;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}\p{S}]/u;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const AUTOLINK = /<((?:https?|mailto):[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>/iy;
const BARE = /(?:https?:\/\/|www\.)[^\s<]+/iy;
const DESTINATION = /\(\s*(?:<([^<>\n]*)>|((?:\\.|[^\s()\\<]|\((?:\\.|[^\s()\\])*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y;
const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});/iy;

export function readInline(text: string): Inline[] {
  const pieces: Piece[] = [];
  /** Where each bracket that may still begin a link stands among the pieces. */
  const brackets: number[] = [];
  const noCodeEnd = new Set<number>();
  let plain = '';
  let runs = 0;
  let at = 0;

  function flush(): void {
    if (plain) pieces.push({ type: 'text', value: plain });
    plain = '';
  }

  function add(piece: Piece): void {
    flush();
    pieces.push(piece);
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(text);
  }

  while (at < text.length) {
    const letter = text.charAt(at);
    switch (letter) {
      case '\\':
        readEscape();
        break;
      case '\n':
        readBreak();
        break;
      case '`':
        readCode();
        break;
      case '<':
      case '&':
        readWhole(letter);
        break;
      case '!':
      case '[':
        readOpening(letter);
        break;
      case ']':
        readClosing();
        break;
      case '*':
      case '_':
      case '~':
        readRun(letter);
        break;
      default:
        if (!readAddress(letter)) take(letter);
    }
  }
  flush();
  return toNodes(pieces);

  function take(value: string, length = value.length): void {
    plain += value;
    at += length;
  }

  function readEscape(): void {
    const next = text.charAt(at + 1);
    if (next === '\n') {
      add({ type: 'break' });
      at += 2;
    } else if (ESCAPABLE.test(next)) take(next, 2);
    else take('\\');
  }

  /** Two spaces before the end of a line break it; other ends of lines are spaces. */
  function readBreak(): void {
    const isHard = plain.endsWith('  ');
    plain = plain.trimEnd();
    flush();
    if (isHard) pieces.push({ type: 'break' });
    else plain = '\n';
    at++;
    while (text.charAt(at) === ' ') at++;
  }

  function readCode(): void {
    let length = 1;
    while (text.charAt(at + length) === '`') length++;
    const end = noCodeEnd.has(length) ? -1 : findCodeEnd(text, at + length, length);
    if (end < 0) {
      // Looked for once for each length: a row of lone backquotes must not be searched again and again.
      noCodeEnd.add(length);
      take('`'.repeat(length));
      return;
    }
    const inside = text.slice(at + length, end).replaceAll('\n', ' ');
    const isPadded = inside.startsWith(' ') && inside.endsWith(' ') && inside.trim() !== '';
    add({ type: 'inlineCode', value: isPadded ? inside.slice(1, -1) : inside });
    at = end + length;
  }

  /** An address in angle brackets, or a letter by its name. */
  function readWhole(letter: '<' | '&'): void {
    const found = match(letter === '<' ? AUTOLINK : ENTITY)?.[0];
    if (!found || letter === '&') {
      take(found ? decodeEntity(found) : letter, found?.length ?? 1);
      return;
    }
    const address = found.slice(1, -1);
    const url = /^(https?|mailto):/i.test(address) ? address : `mailto:${address}`;
    add({ type: 'link', url, children: [{ type: 'text', value: address }] });
    at += found.length;
  }

  function readOpening(letter: '!' | '['): void {
    const isImage = letter === '!';
    if (isImage && text.charAt(at + 1) !== '[') {
      take('!');
      return;
    }
    add({ type: 'bracket', isImage });
    brackets.push(pieces.length - 1);
    at += isImage ? 2 : 1;
  }

  function readClosing(): void {
    flush();
    const opening = brackets.pop();
    const bracket = opening === undefined ? undefined : pieces[opening];
    at++;
    const target = bracket && match(DESTINATION);
    if (opening === undefined || bracket?.type !== 'bracket' || !target) {
      plain += ']';
      return;
    }
    const children = toNodes(pieces.splice(opening).slice(1));
    if (bracket.isImage) pieces.push({ type: 'image', alt: wordsOf(children) });
    else {
      pieces.push({ type: 'link', url: unescaped(target[1] ?? target[2] ?? ''), children });
      // There are no links inside links.
      brackets.length = 0;
    }
    at += target[0].length;
  }

  function readRun(mark: string): void {
    let length = 1;
    while (text.charAt(at + length) === mark) length++;
    const run = toRun(mark, length, text.charAt(at - 1), text.charAt(at + length));
    if ((mark === '~' && length > 2) || runs >= MAX_RUNS || !(run.canOpen || run.canClose)) {
      take(mark.repeat(length));
      return;
    }
    runs++;
    add({ type: 'run', run });
    at += length;
  }

  /** An address that simply stands in the text. What ends a sentence is not of it. */
  function readAddress(letter: string): boolean {
    if (!/[hw]/i.test(letter) || /\w/.test(text.charAt(at - 1))) return false;
    const found = match(BARE)?.[0];
    if (!found) return false;
    const address = withoutEnd(found);
    const url = address.startsWith('w') || address.startsWith('W') ? `http://${address}` : address;
    add({ type: 'link', url, children: [{ type: 'text', value: address }] });
    at += address.length;
    return true;
  }
}

function findCodeEnd(text: string, from: number, length: number): number {
  for (let at = text.indexOf('`', from); at >= 0; ) {
    let end = at;
    while (text.charAt(end) === '`') end++;
    if (end - at === length) return at;
    at = text.indexOf('`', end);
  }
  return -1;
}

function withoutEnd(address: string): string {
  let end = address.length;
  for (;;) {
    const last = address.charAt(end - 1);
    // A closing parenthesis is of the address if the address opened it.
    const isOpen = last === ')' && count(address.slice(0, end), '(') >= count(address.slice(0, end), ')');
    if (!/[?!.,:*_~'")\]]/.test(last) || isOpen) return address.slice(0, end);
    end--;
  }
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

function unescaped(url: string): string {
  return url.replace(/\\([!-/:-@[-`{-~])/g, '$1').replace(/&[#\w]+;/g, decodeEntity);
}

/** CommonMark §6.2: what stands around a run decides whether it may begin or end something. */
function toRun(mark: string, left: number, before: string, after: string): Run {
  const isSpaceBefore = before === '' || /\s/.test(before);
  const isSpaceAfter = after === '' || /\s/.test(after);
  const opensWord = !isSpaceAfter && (!PUNCTUATION.test(after) || isSpaceBefore || PUNCTUATION.test(before));
  const closesWord = !isSpaceBefore && (!PUNCTUATION.test(before) || isSpaceAfter || PUNCTUATION.test(after));
  if (mark !== '_') return { mark, left, canOpen: opensWord, canClose: closesWord };
  return {
    mark,
    left,
    canOpen: opensWord && (!closesWord || PUNCTUATION.test(before)),
    canClose: closesWord && (!opensWord || PUNCTUATION.test(after)),
  };
}

/** Pairs the runs, innermost first, and makes text of what found no partner. */
function toNodes(pieces: readonly Piece[]): Inline[] {
  const done: Piece[] = [];
  /** Places of runs that may begin something. */
  const openers: number[] = [];
  for (const piece of pieces) {
    if (piece.type === 'run' && piece.run.canClose) close(piece.run);
    if (piece.type !== 'run') done.push(piece);
    else if (piece.run.left > 0) {
      done.push(piece);
      if (piece.run.canOpen) openers.push(done.length - 1);
    }
  }
  return merged(done.map(toNode));

  function close(closer: Run): void {
    const original = closer.left;
    while (closer.left > 0) {
      const index = openers.findLastIndex((place) => {
        const opener = done[place];
        return opener?.type === 'run' && fits(opener.run, closer, original);
      });
      const place = openers[index];
      const opener = place === undefined ? undefined : done[place];
      if (place === undefined || opener?.type !== 'run') return;
      const width = closer.mark === '~' ? closer.left : Math.min(opener.run.left, closer.left, 2);
      const children = merged(done.splice(place + 1).map(toNode));
      openers.length = index + 1;
      opener.run.left -= width;
      closer.left -= width;
      if (opener.run.left === 0) {
        done.pop();
        openers.pop();
      }
      done.push({ type: closer.mark === '~' ? 'delete' : width === 2 ? 'strong' : 'emphasis', children });
    }
  }
}

/** Rules 9 and 10 of CommonMark §6.2: runs that could do both must not add up to a multiple of three. */
function fits(opener: Run, closer: Run, original: number): boolean {
  if (opener.mark !== closer.mark) return false;
  if (closer.mark === '~') return opener.left === closer.left;
  const isDouble = opener.canClose || closer.canOpen;
  return !(isDouble && (opener.left + original) % 3 === 0 && (opener.left % 3 !== 0 || original % 3 !== 0));
}

function toNode(piece: Piece): Inline {
  if (piece.type === 'run') return { type: 'text', value: piece.run.mark.repeat(piece.run.left) };
  if (piece.type === 'bracket') return { type: 'text', value: piece.isImage ? '![' : '[' };
  return piece;
}

/** Neighbouring texts as one, so that `[1]` is found whole. */
function merged(nodes: readonly Inline[]): Inline[] {
  const result: Inline[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (node.type === 'text' && last?.type === 'text') last.value += node.value;
    else result.push(node.type === 'text' ? { ...node } : node);
  }
  return result;
}

function wordsOf(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if ('value' in node) return node.value;
      if (node.type === 'image') return node.alt;
      return 'children' in node ? wordsOf(node.children) : ' ';
    })
    .join('');
}
