/**
 * Filters and PATCH paths of SCIM (RFC 7644 §3.4.2.2 and §3.5.2): read by hand, so that what is too long, too deep or not quite
 * of the grammar is refused before anything is looked at.
 */

import { findExtension, isSame, type ResourceType } from './schemas.ts';
import { ScimError } from './scim-error.ts';

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type Literal = string | number | boolean | null;

/** An attribute: in an extension where `schema` is given, and a part of it where `sub` is. */
export interface AttributePath {
  readonly schema?: string;
  readonly name: string;
  readonly sub?: string;
}

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly by: Comparison; readonly value: Literal }
  /** `emails[type eq "work"]`: some one value fits the whole filter. */
  | { readonly kind: 'value'; readonly path: AttributePath; readonly of: Filter };

/** What a PATCH is about: an attribute, a part of it, or those of its values that fit a filter. */
export interface PatchPath {
  readonly schema?: string;
  /** Absent where the path names a whole extension. */
  readonly name?: string;
  readonly filter?: Filter;
  readonly sub?: string;
}

const MAX_LENGTH = 4_000;
const MAX_DEPTH = 16;
const MAX_COMPARISONS = 100;

const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
/** RFC 7644 figure 1, and the `$ref` of RFC 7643. */
const NAME = /^(?:\$ref|[A-Za-z][\w-]*)$/;
const WORD = /[^\s()[\]"]+/y;
const SPACES = /\s*/y;
/** JSON text of a string: RFC 8259 §7. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they may not stand there unescaped
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const URN = /^urn:/i;

/** @throws ScimError `invalidFilter`, or `tooMany` where it is longer or deeper than is looked at */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text, 'invalidFilter');
  const filter = readOr(reader, 0);
  reader.requireEnd();
  return filter;
}

/** @throws ScimError `invalidPath`, or `tooMany` */
export function parsePath(text: string, type: ResourceType): PatchPath {
  const extension = findExtension(type, text);
  if (extension) return { schema: extension.id };
  const reader = new Reader(text, 'invalidPath');
  const path = readAttribute(reader, reader.word());
  if (!reader.take('[')) {
    reader.requireEnd();
    return path;
  }
  if (path.sub) reader.refuse();
  const filter = readOr(reader, 1);
  if (!reader.take(']')) reader.refuse();
  if (reader.isAtEnd) return { ...path, filter };
  const sub = /^\.(.+)$/.exec(reader.word())?.[1] ?? '';
  if (!NAME.test(sub)) reader.refuse();
  reader.requireEnd();
  return { ...path, filter, sub };
}

/** A name as `attributes`, `excludedAttributes` and `sortBy` hold it. @throws ScimError `invalidValue` */
export function parseAttribute(
  text: string,
  type: ResourceType,
): { readonly schema?: string; readonly name?: string; readonly sub?: string } {
  const extension = findExtension(type, text);
  if (extension) return { schema: extension.id };
  const reader = new Reader(text, 'invalidValue');
  const path = readAttribute(reader, reader.word());
  reader.requireEnd();
  return path;
}

class Reader {
  readonly #text: string;
  readonly #wrong: 'invalidFilter' | 'invalidPath' | 'invalidValue';
  #at = 0;
  #comparisons = 0;

  constructor(text: string, wrong: 'invalidFilter' | 'invalidPath' | 'invalidValue') {
    if (text.length > MAX_LENGTH) throw tooMany();
    this.#text = text;
    this.#wrong = wrong;
  }

  get isAtEnd(): boolean {
    this.#match(SPACES);
    return this.#at === this.#text.length;
  }

  /** The next run of characters that are no space, bracket or quote; empty where there is none. */
  word(): string {
    this.#match(SPACES);
    return this.#match(WORD);
  }

  peek(): string {
    const at = this.#at;
    const word = this.word();
    this.#at = at;
    return word;
  }

  take(mark: '(' | ')' | '[' | ']'): boolean {
    this.#match(SPACES);
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  literal(): Literal {
    this.#match(SPACES);
    if (this.#text[this.#at] === '"') return JSON.parse(this.#match(STRING) || this.refuse()) as string;
    const word = this.word();
    if (NUMBER.test(word)) return Number(word);
    const known = { true: true, false: false, null: null }[word.toLowerCase()];
    return known === undefined ? this.refuse() : known;
  }

  countComparison(): void {
    if (++this.#comparisons > MAX_COMPARISONS) throw tooMany();
  }

  requireEnd(): void {
    if (!this.isAtEnd) this.refuse();
  }

  refuse(): never {
    throw new ScimError(400, WRONG[this.#wrong], this.#wrong);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}

const WRONG = {
  invalidFilter: 'The filter is not of the form of RFC 7644 section 3.4.2.2, such as userName eq "name".',
  invalidPath: 'The path is not of the form of RFC 7644 section 3.5.2, such as emails[type eq "work"].value.',
  invalidValue: 'An attribute is named attribute, attribute.part or urn:...:attribute.',
};

function tooMany(): ScimError {
  return new ScimError(
    400,
    `A filter may have ${MAX_LENGTH} characters, ${MAX_COMPARISONS} comparisons and ${MAX_DEPTH} levels. Ask in several requests.`,
    'tooMany',
  );
}

function readOr(reader: Reader, depth: number): Filter {
  return readSeveral(reader, 'or', () => readSeveral(reader, 'and', () => readTerm(reader, depth)));
}

function readSeveral(reader: Reader, kind: 'and' | 'or', read: () => Filter): Filter {
  const first = read();
  const of = [first];
  while (isSame(reader.peek(), kind)) {
    reader.word();
    of.push(read());
  }
  return of.length === 1 ? first : { kind, of };
}

function readTerm(reader: Reader, depth: number): Filter {
  if (depth > MAX_DEPTH) throw tooMany();
  if (reader.take('(')) return readGroup(reader, depth);
  const word = reader.word();
  if (isSame(word, 'not') && reader.take('(')) return { kind: 'not', of: readGroup(reader, depth) };
  const path = readAttribute(reader, word);
  reader.countComparison();
  if (reader.take('[')) {
    if (path.sub) reader.refuse();
    const of = readOr(reader, depth + 1);
    return reader.take(']') ? { kind: 'value', path, of } : reader.refuse();
  }
  const by = reader.word().toLowerCase();
  if (by === 'pr') return { kind: 'present', path };
  if (!COMPARISONS.has(by)) reader.refuse();
  return { kind: 'compare', path, by: by as Comparison, value: reader.literal() };
}

function readGroup(reader: Reader, depth: number): Filter {
  const filter = readOr(reader, depth + 1);
  return reader.take(')') ? filter : reader.refuse();
}

/** RFC 7644 figure 1: `[URI ":"] ATTRNAME *1subAttr`. */
function readAttribute(reader: Reader, word: string): AttributePath {
  const colon = URN.test(word) ? word.lastIndexOf(':') : -1;
  const schema = word.slice(0, Math.max(0, colon));
  const [name = '', sub, ...more] = word.slice(colon + 1).split('.');
  if (!NAME.test(name) || (sub !== undefined && !NAME.test(sub)) || more.length > 0) return reader.refuse();
  return { ...(schema ? { schema } : {}), name, ...(sub === undefined ? {} : { sub }) };
}
