import { ParseError, toHex } from './bytes.ts';

/** Tags of ITU-T X.690 §8, with the constructed bit where it belongs. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific constructed tag `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 + number;
}

export interface DerNode {
  readonly tag: number;
  /** Header and content, as they were given. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
  /** Empty for a primitive. */
  readonly children: readonly DerNode[];
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;
/** An element of two bytes costs a hundred times as much in memory; a list of 25,000 revocations is allowed. */
const MAX_ELEMENTS = 100_000;

/**
 * Reads exactly one DER element (ITU-T X.690 §10): definite lengths in their shortest form, single-byte tags, nothing behind it.
 * Throws a ParseError.
 */
export function readDer(bytes: Uint8Array): DerNode {
  if (bytes.length > MAX_BYTES) throw new ParseError('DER: too large');
  const node = readNode({ bytes, left: MAX_ELEMENTS }, 0, bytes.length, 0);
  if (node.raw.length !== bytes.length) throw new ParseError('DER: bytes behind the end');
  return node;
}

interface Reading {
  readonly bytes: Uint8Array;
  /** How many more elements may come. */
  left: number;
}

/** @param limit where the parent ends */
function readNode(reading: Reading, start: number, limit: number, depth: number): DerNode {
  if (depth > MAX_DEPTH) throw new ParseError('DER: nested too deeply');
  if (reading.left-- === 0) throw new ParseError('DER: too many elements');
  const { bytes } = reading;
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new ParseError('DER: tag of several bytes');
  const { contentStart, length } = readLength(bytes, start + 1);
  const end = contentStart + length;
  if (end > limit) throw new ParseError('DER: ends too early');
  const children: DerNode[] = [];
  if (tag & 0x20) {
    for (let offset = contentStart; offset < end; ) {
      const child = readNode(reading, offset, end, depth + 1);
      children.push(child);
      offset += child.raw.length;
    }
  }
  return { tag, raw: bytes.subarray(start, end), content: bytes.subarray(contentStart, end), children };
}

function readLength(bytes: Uint8Array, offset: number): { contentStart: number; length: number } {
  const first = byteAt(bytes, offset);
  if (first < 0x80) return { contentStart: offset + 1, length: first };
  const count = first & 0x7f;
  if (count === 0) throw new ParseError('DER: indefinite length');
  if (count > 3) throw new ParseError('DER: length too large');
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + byteAt(bytes, offset + 1 + index);
  if (length < 0x80 || length < 256 ** (count - 1)) throw new ParseError('DER: length not in its shortest form');
  return { contentStart: offset + 1 + count, length };
}

function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new ParseError('DER: ends too early');
  return byte;
}

/** Walks the children of a constructed element in order. */
export class DerCursor {
  readonly #nodes: readonly DerNode[];
  #index = 0;

  constructor(node: DerNode, tag: number = TAG.sequence) {
    requireTag(node, tag);
    this.#nodes = node.children;
  }

  get hasMore(): boolean {
    return this.#index < this.#nodes.length;
  }

  next(tag?: number): DerNode {
    const node = this.#nodes[this.#index++];
    if (!node) throw new ParseError('DER: an element is missing');
    if (tag !== undefined) requireTag(node, tag);
    return node;
  }

  optional(tag: number): DerNode | undefined {
    return this.#nodes[this.#index]?.tag === tag ? this.next() : undefined;
  }

  end(): void {
    if (this.hasMore) throw new ParseError('DER: an element too many');
  }
}

export function requireTag(node: DerNode, tag: number): DerNode {
  if (node.tag !== tag) throw new ParseError(`DER: tag ${node.tag} where ${tag} belongs`);
  return node;
}

/** The only child of an explicitly tagged element. */
export function onlyChild(node: DerNode): DerNode {
  const [child] = node.children;
  if (!child || node.children.length !== 1) throw new ParseError('DER: one element belongs here');
  return child;
}

export function readBoolean(node: DerNode): boolean {
  requireTag(node, TAG.boolean);
  const value = node.content[0];
  if (node.content.length !== 1 || (value !== 0 && value !== 0xff)) throw new ParseError('DER: not a boolean');
  return value === 0xff;
}

/** The bytes of an INTEGER: two's complement, big-endian, shortest form. */
export function readIntegerBytes(node: DerNode, tag: number = TAG.integer): Uint8Array {
  const { content } = requireTag(node, tag);
  const [first, second] = content;
  if (first === undefined) throw new ParseError('DER: empty number');
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new ParseError('DER: number not in its shortest form');
  }
  return content;
}

/** A number from 0 to 2^31 - 1. */
export function readInteger(node: DerNode, tag: number = TAG.integer): number {
  const content = readIntegerBytes(node, tag);
  if (content.length > 4 || byteAt(content, 0) >= 0x80) throw new ParseError('DER: number out of range');
  return Number.parseInt(toHex(content), 16);
}

export function readOctets(node: DerNode): Uint8Array {
  return requireTag(node, TAG.octetString).content;
}

/** A BIT STRING of whole bytes, as keys and signatures are. */
export function readBitString(node: DerNode): Uint8Array {
  const { content } = requireTag(node, TAG.bitString);
  if (content[0] !== 0) throw new ParseError('DER: not whole bytes');
  return content.subarray(1);
}

/** Dotted form. */
export function readOid(node: DerNode): string {
  const { content } = requireTag(node, TAG.oid);
  if (content.length === 0 || content.length > 64 || byteAt(content, content.length - 1) >= 0x80)
    throw new ParseError('DER: not an identifier');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    if (arc === 0 && byte === 0x80) throw new ParseError('DER: identifier not in its shortest form');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new ParseError('DER: identifier too large');
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [head = 0, ...rest] = arcs;
  const top = Math.min(Math.floor(head / 40), 2);
  return [top, head - 40 * top, ...rest].join('.');
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5, in milliseconds since 1970. */
export function readTime(node: DerNode): number {
  const text = String.fromCharCode(...node.content.subarray(0, 16));
  const match = TIME_FORMS[node.tag]?.exec(text);
  if (!match || node.content.length > 15) throw new ParseError('DER: not a time');
  const [year = 0, ...rest] = match.slice(1).map(Number);
  const fullYear = node.tag === TAG.utcTime ? (year < 50 ? 2000 + year : 1900 + year) : year;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest;
  const date = new Date(Date.UTC(fullYear, month - 1, day, hour, minute, second));
  // Date.UTC rolls the 31st of February over; the calendar does not have it.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new ParseError('DER: not a time of the calendar');
  }
  return date.getTime();
}

const TIME_FORMS: Partial<Record<number, RegExp>> = {
  [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [TAG.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
};
