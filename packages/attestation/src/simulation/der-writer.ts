import { concatBytes, fromHex } from '../bytes.ts';
import { TAG } from '../der.ts';

/** Writes one DER element (ITU-T X.690 §10). */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concatBytes(...content);
  return concatBytes(Uint8Array.of(tag), lengthOf(body.length), body);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

export function sequence(...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(TAG.sequence, ...content);
}

/** From a number of at least 0, or from big-endian bytes taken as unsigned. */
export function integer(value: number | Uint8Array, tag: number = TAG.integer): Uint8Array<ArrayBuffer> {
  const bytes =
    typeof value === 'number'
      ? fromHex(value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0'))
      : value;
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return der(tag, (short[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of(), short);
}

export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(TAG.oid, ...[40 * top + second, ...rest].map(base128));
}

function base128(arc: number): Uint8Array {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return Uint8Array.from(bytes);
}

export function octets(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(TAG.octetString, content);
}

export function bits(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(TAG.bitString, Uint8Array.of(0), content);
}

export function boolean(value: boolean): Uint8Array<ArrayBuffer> {
  return der(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return der(TAG.utf8String, new TextEncoder().encode(text));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
export function time(at: number): Uint8Array<ArrayBuffer> {
  const digits = `${new Date(at).toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`;
  return digits < '2050'
    ? der(TAG.utcTime, new TextEncoder().encode(digits.slice(2)))
    : der(TAG.generalizedTime, new TextEncoder().encode(digits));
}
