import { ParseError } from '../bytes.ts';

/** A Nitro document has about 110 items (32 PCRs, a handful of certificates); the limit also bounds nesting, and so the stack. */
const MAX_ITEMS = 512;

/** RFC 8949 §3.1. There are no others in a Nitro document: no tags, no floats, no booleans, nothing that needs an extension. */
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
const NULL = 22;
const OPEN_MAP = 0xbf;
const BREAK = 0xff;

/**
 * Reads one CBOR item (RFC 8949) and nothing after it. Maps become `Map`, byte strings `Uint8Array`.
 *
 * Refused: indefinite lengths, lengths and integers not in their shortest form, integers above 2^53-1, repeated keys, keys that
 * are not text or integers, text that is not ASCII, every other type, more than 512 items, and trailing bytes. Lengths are checked
 * against the bytes that are there before anything is allocated.
 *
 * With `openMap` the item may be one map of indefinite length that ends with the last byte: Nitro hypervisors write the payload of
 * a document that way since 2025. Nothing inside it may be.
 * Throws a ParseError.
 */
export function decodeStrictCbor(bytes: Uint8Array, { openMap = false } = {}): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let items = 0;
  const value = openMap && bytes[0] === OPEN_MAP ? readOpenMap() : readItem();
  if (at !== bytes.length) throw new ParseError('CBOR goes on after its end');
  return value;

  function readOpenMap(): Map<string | number, unknown> {
    at = 1;
    const map = new Map<string | number, unknown>();
    while (bytes[at] !== BREAK) readEntry(map);
    at++;
    return map;
  }

  function readItem(): unknown {
    if (++items > MAX_ITEMS) throw new ParseError(`CBOR has more than ${MAX_ITEMS} items`);
    const [major, argument] = readHead();
    switch (major) {
      case MAJOR.unsigned:
        return argument;
      case MAJOR.negative:
        return -1 - argument;
      case MAJOR.bytes:
        return take(argument).slice();
      case MAJOR.text:
        return readText(argument);
      case MAJOR.array:
        requireLeft(argument);
        return Array.from({ length: argument }, readItem);
      case MAJOR.map:
        return readMap(argument);
      case MAJOR.simple:
        if (argument === NULL) return null;
    }
    throw new ParseError(`CBOR type ${major} is not allowed`);
  }

  /** The kind of an item, and its value or length, which must be in its shortest form (RFC 8949 §4.2.1). */
  function readHead(): [major: number, argument: number] {
    const [initial = 0] = take(1);
    const major = initial >> 5;
    const short = initial & 31;
    if (short < 24) return [major, short];
    if (major === MAJOR.simple || short > 27) throw new ParseError('CBOR has an item of a kind or length that is not allowed');
    const width = 1 << (short - 24);
    requireLeft(width);
    const argument = readUnsigned(width);
    at += width;
    if (argument < (SMALLEST[short - 24] ?? 0) || argument > Number.MAX_SAFE_INTEGER)
      throw new ParseError('CBOR has a number out of its form');
    return [major, argument];
  }

  function readUnsigned(width: number): number {
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at);
    return width === 4 ? view.getUint32(at) : Number(view.getBigUint64(at));
  }

  function readText(length: number): string {
    const letters = take(length);
    if (letters.some((letter) => letter > 0x7f)) throw new ParseError('CBOR text is not ASCII');
    return String.fromCharCode(...letters);
  }

  function readMap(length: number): Map<string | number, unknown> {
    requireLeft(2 * length);
    const map = new Map<string | number, unknown>();
    for (let entry = 0; entry < length; entry++) readEntry(map);
    return map;
  }

  function readEntry(map: Map<string | number, unknown>): void {
    const key = readItem();
    if (typeof key !== 'string' && typeof key !== 'number') throw new ParseError('CBOR map key is neither text nor integer');
    if (map.has(key)) throw new ParseError('CBOR map key is repeated');
    map.set(key, readItem());
  }

  function take(length: number): Uint8Array {
    requireLeft(length);
    at += length;
    return bytes.subarray(at - length, at);
  }

  function requireLeft(length: number): void {
    if (length > bytes.length - at) throw new ParseError('CBOR ends too early');
  }
}

/** The least number that needs 1, 2, 4 or 8 bytes of its own. */
const SMALLEST: readonly number[] = [24, 0x100, 0x1_0000, 0x1_0000_0000];
