import { ParseError } from './bytes.ts';

/** Members are looked at one by one before use. */
export type Json = { readonly [name: string]: unknown };

const MAX_DEPTH = 8;

/**
 * RFC 8785 for strings, booleans, null, whole numbers, lists and objects. ECMAScript's own strings and UTF-16 order are what it
 * prescribes, so only the members need sorting. Throws a ParseError for anything else.
 */
export function encodeCanonical(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalText(value, 0));
}

/**
 * The object that the bytes are the one canonical form of. So nothing can be read in two ways: no member twice, no other order, no
 * spaces. Throws a ParseError that begins with `what`.
 */
export function decodeCanonical(bytes: Uint8Array, what: string, maxBytes: number): Json {
  if (bytes.length > maxBytes) throw new ParseError(`${what} is longer than ${maxBytes} bytes`);
  let value: unknown;
  let isCanonical: boolean;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
    isCanonical = canonicalText(value, 0) === text;
  } catch (cause) {
    throw new ParseError(`${what} is not JSON of the allowed kind`, { cause });
  }
  if (!isCanonical) throw new ParseError(`${what} is not in canonical form`);
  return asObject(value, what);
}

function canonicalText(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new ParseError('JSON is nested too deeply');
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${canonicalText(name, depth)}:${canonicalText(member, depth + 1)}`).join(',')}}`;
  }
  const isPlain =
    typeof value === 'string' ? value.isWellFormed() : value === null || typeof value === 'boolean' || Number.isSafeInteger(value);
  if (!isPlain) throw new ParseError('JSON holds a value without a canonical form');
  return JSON.stringify(value);
}

export function asObject(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ParseError(`${what} is not an object`);
  return value as Json; // Its members stay unknown, and each is looked at before use.
}

/** Every member of `names` that has no `?` behind it, and no other, must be there. */
export function requireMembers(json: Json, what: string, ...names: readonly string[]): void {
  for (const name of names) if (!name.endsWith('?') && !(name in json)) throw new ParseError(`${what} lacks ${name}`);
  for (const name of Object.keys(json))
    if (!names.includes(name) && !names.includes(`${name}?`)) throw new ParseError(`${what} has an unknown member`);
}

export function textOf(json: Json, name: string, pattern: RegExp = ANY_TEXT): string {
  const value = json[name];
  if (typeof value !== 'string' || !pattern.test(value)) throw new ParseError(`${name} is not a text of its form`);
  return value;
}

export function wholeNumberOf(json: Json, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ParseError(`${name} is not a whole number`);
  return value;
}

export function listOf<T>(json: Json, name: string, maxLength: number, read: (item: unknown) => T): T[] {
  const value = json[name];
  if (!Array.isArray(value) || value.length > maxLength) throw new ParseError(`${name} is not a list of at most ${maxLength}`);
  return value.map(read);
}

/** An object of any names whose values are texts of one form. */
export function textMapOf(json: Json, name: string, maxMembers: number, pattern: RegExp = ANY_TEXT): Readonly<Record<string, string>> {
  const value = asObject(json[name], name);
  const names = Object.keys(value);
  if (names.length > maxMembers) throw new ParseError(`${name} has more than ${maxMembers} members`);
  return Object.fromEntries(names.map((key) => [key, textOf(value, key, pattern)]));
}

const ANY_TEXT = /^/;

export const SHA256_HEX = /^[0-9a-f]{64}$/;
