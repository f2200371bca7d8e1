// What a value looks like where it lies unsealed: itself, encoded, or as an unsalted hash.
import { createHash } from 'node:crypto';

export interface Pattern {
  /** The field that the value was typed into. */
  readonly field: string;
  readonly how: string;
  readonly bytes: Uint8Array;
}

export type Matcher = (bytes: Uint8Array) => Pattern[];

const HASHES = ['sha256', 'sha1', 'md5'] as const;
/** So much of a hash in text form says whose it is. */
const HASH_TEXT_LENGTH = 20;
const LEAST_BYTES = 4;

/** All that a value of a field would be recognised by. */
export function patternsOf(field: string, value: string | Uint8Array): Pattern[] {
  const bytes = Buffer.from(value);
  const encoded = typeof value === 'string' ? encodings(value) : [];
  return [...encoded, ...hashes(bytes)].map(([how, pattern]) => ({ field, how, bytes: pattern }));
}

function encodings(value: string): [string, Uint8Array][] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  const wide = Buffer.from(value, 'utf16le');
  const texts = [hex, hex.toUpperCase(), percent, percent.toUpperCase(), ...[0, 1, 2].flatMap((offset) => base64(bytes, offset))];
  return [
    ['as it is', bytes],
    ['UTF-16 little-endian', wide],
    ['UTF-16 big-endian', Buffer.from(wide).swap16()],
    ...[...new Set(texts)].map((text): [string, Uint8Array] => [`as ${text.slice(0, 8)}…`, Buffer.from(text)]),
  ];
}

/** The letters of base64 that depend on the value alone, when `offset` bytes (modulo 3) stand before it; also in the alphabet for addresses. */
function base64(bytes: Uint8Array, offset: number): string[] {
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  const text = Buffer.concat([new Uint8Array(offset), bytes])
    .toString('base64')
    .slice(first, last);
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
}

function hashes(bytes: Uint8Array): [string, Uint8Array][] {
  return HASHES.flatMap((name): [string, Uint8Array][] => {
    const hash = createHash(name).update(bytes).digest();
    const texts = [hash.toString('hex'), hash.toString('hex').toUpperCase(), hash.toString('base64'), hash.toString('base64url')];
    return [[name, hash], ...texts.map((text): [string, Uint8Array] => [`${name} as text`, Buffer.from(text.slice(0, HASH_TEXT_LENGTH))])];
  });
}

/** Finds which of many patterns a piece of memory holds, in one pass over it. */
export function createMatcher(patterns: readonly Pattern[]): Matcher {
  const pairs = new Uint8Array(65_536); // the first two bytes of any pattern
  const byStart = new Map<number, Pattern[]>(); // by the first four
  for (const pattern of patterns) {
    if (pattern.bytes.length < LEAST_BYTES) throw new Error(`${pattern.field} is too short to be searched for`);
    pairs[at2(pattern.bytes, 0)] = 1;
    const start = at4(pattern.bytes, 0);
    byStart.set(start, [...(byStart.get(start) ?? []), pattern]);
  }
  return (bytes) => {
    const found = new Set<Pattern>();
    for (let at = 0; at + LEAST_BYTES <= bytes.length; at++) {
      if (pairs[at2(bytes, at)] === 0) continue;
      for (const pattern of byStart.get(at4(bytes, at)) ?? []) if (startsAt(bytes, at, pattern.bytes)) found.add(pattern);
    }
    return [...found];
  };
}

function at2(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number); // both are there: callers see to it
}

function at4(bytes: Uint8Array, at: number): number {
  return at2(bytes, at) * 65_536 + at2(bytes, at + 2);
}

function startsAt(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at + pattern.length > bytes.length) return false;
  for (let i = LEAST_BYTES; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
}
