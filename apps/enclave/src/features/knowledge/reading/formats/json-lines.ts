import { ReadFailure } from '../failures.ts';
import type { TextBlock } from './format.ts';

/** A value that is open: an object with the name of the member being read, or an array with the index of the element. */
type Level = { isObject: boolean; name: string; index: number; hasValues: boolean };

/** What may come next (RFC 8259): states of a reader that needs no look-ahead. */
type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'line end';

const WHITE_SPACE = ' \t\n\r\ufeff';
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/;
const LONGEST_LITERAL = 1000;

export type JsonLines = { write: (text: string) => void; end: () => void; take: () => TextBlock[] };

/** Reads JSON as it comes, without holding it: memory grows with depth and with the longest string alone. Throws `corrupt`. */
export function createJsonLines(maxDepth: number): JsonLines {
  const levels: Level[] = [];
  let expected: Expected = 'value';
  let token = ''; // a string with its quotes, or a literal, as far as it is read
  let isEscaped = false;
  let blocks: TextBlock[] = [];
  let isNewItem = true;

  function write(text: string): void {
    let at = 0;
    while (at < text.length) {
      if (token.startsWith('"')) at = readString(text, at);
      else if (token === '' || isPunctuation(text[at] ?? '')) at = readPunctuation(text, at);
      else at = readLiteral(text, at);
    }
  }

  function readString(text: string, from: number): number {
    let at = from;
    for (; at < text.length; at++) {
      const character = text[at];
      if (isEscaped) isEscaped = false;
      else if (character === '\\') isEscaped = true;
      else if (character === '"') {
        token += text.slice(from, at + 1);
        endToken();
        return at + 1;
      }
    }
    token += text.slice(from);
    return at;
  }

  function readLiteral(text: string, from: number): number {
    let at = from;
    while (at < text.length && !isPunctuation(text[at] ?? '')) at++;
    token += text.slice(from, at);
    if (token.length > LONGEST_LITERAL) throw new ReadFailure('corrupt');
    return at;
  }

  function readPunctuation(text: string, at: number): number {
    if (token !== '') endToken();
    const character = text[at] ?? '';
    if (character === '\n' && expected === 'line end') expected = 'value';
    if (WHITE_SPACE.includes(character)) return at + 1;
    if (character === '{' || character === '[') open(character === '{');
    else if (character === '}' || character === ']') close(character === '}');
    else if (character === ':' && expected === 'colon') expected = 'value';
    else if (character === ',' && expected === 'comma or end' && levels.length > 0) next();
    else if (character === ':' || character === ',') throw new ReadFailure('corrupt');
    else token = character;
    return at + 1;
  }

  function open(isObject: boolean): void {
    requireValue();
    if (levels.length >= maxDepth) throw new ReadFailure('corrupt');
    levels.push({ isObject, name: '', index: 0, hasValues: false });
    expected = isObject ? 'name or end' : 'value or end';
  }

  function close(isObject: boolean): void {
    const level = levels.pop();
    const mayEnd = expected === 'comma or end' || expected === (isObject ? 'name or end' : 'value or end');
    if (!level || level.isObject !== isObject || !mayEnd) throw new ReadFailure('corrupt');
    afterValue();
    isNewItem = true;
  }

  function next(): void {
    const level = levels.at(-1);
    if (level) level.index++;
    expected = level?.isObject ? 'name' : 'value';
  }

  function endToken(): void {
    const text = token;
    token = '';
    const level = levels.at(-1);
    if ((expected === 'name' || expected === 'name or end') && level && text.startsWith('"')) {
      level.name = unquote(text);
      expected = 'colon';
      return;
    }
    requireValue();
    addLine(text.startsWith('"') ? unquote(text) : requireLiteral(text));
    afterValue();
  }

  function requireValue(): void {
    if (expected !== 'value' && expected !== 'value or end') throw new ReadFailure('corrupt');
  }

  /** At the top, another value may follow on a line of its own (JSON Lines). */
  function afterValue(): void {
    expected = levels.length === 0 ? 'line end' : 'comma or end';
  }

  function addLine(value: string): void {
    const path = levels
      .map(({ isObject, name, index }) => (isObject ? `.${name}` : `[${index}]`))
      .join('')
      .replace(/^\./, '');
    blocks.push({ type: 'text', text: path ? `${path}: ${value}` : value, join: isNewItem ? 'paragraph' : 'line' });
    isNewItem = false;
  }

  return {
    write,
    end: () => {
      if (token !== '' && !token.startsWith('"')) endToken();
      if (token !== '' || levels.length > 0) throw new ReadFailure('corrupt');
    },
    take: () => {
      const taken = blocks;
      blocks = [];
      return taken;
    },
  };
}

function isPunctuation(character: string): boolean {
  return '{}[]:,"'.includes(character) || WHITE_SPACE.includes(character);
}

function unquote(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch (error) {
    throw new ReadFailure('corrupt', {}, error);
  }
}

function requireLiteral(token: string): string {
  if (!LITERAL.test(token)) throw new ReadFailure('corrupt');
  return token;
}
