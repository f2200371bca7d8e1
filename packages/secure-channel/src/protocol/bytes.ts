import { ChannelError } from '../errors.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** @throws ChannelError `malformed_message` for bytes that are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new ChannelError('malformed_message', cause);
  }
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function u16(value: number): Bytes {
  return Uint8Array.of(value >>> 8, value);
}

export function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function readU16(bytes: Uint8Array, at = 0): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function readU32(bytes: Uint8Array, at = 0): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}

/** `lp(x)` of the specification: a part with its length in front, so that joined parts have one reading. */
export function lengthPrefixed(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += 4 + part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    writeU32(joined, at, part.length);
    joined.set(part, at + 4);
    at += 4 + part.length;
  }
  return joined;
}

/** Reads exactly `count` length-prefixed parts; views into `bytes`. @throws ChannelError `malformed_message` if too few, or if anything follows */
export function readParts(bytes: Uint8Array, count: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (parts.length < count) {
    const end = at + 4 + readU32(bytes, at);
    if (at + 4 > bytes.length || end > bytes.length) throw new ChannelError('malformed_message');
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.length) throw new ChannelError('malformed_message');
  return parts;
}

/** Compares without telling by its time where two values of one length differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}

export function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws ChannelError `malformed_message` for anything but the one form `toBase64url` writes */
export function fromBase64url(text: string): Bytes {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    if (toBase64url(bytes) === text) return bytes;
  } catch {
    // The same refusal for either fault.
  }
  throw new ChannelError('malformed_message');
}
