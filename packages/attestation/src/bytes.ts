/** The bytes do not have the form that they claim to have. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower case, without separators. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Reads an even number of hexadecimal digits of either case. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new ParseError('Not hexadecimal');
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (digitAt(text, 2 * index) << 4) | digitAt(text, 2 * index + 1);
  return bytes;
}

/** The value of a hexadecimal digit: letters have the bit 0x40 in either case, and 9 less than their value in the low bits. */
function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return (code & 0xf) + (code & 0x40 ? 9 : 0);
}

/** Canonical base64 (RFC 4648 §4): padded, without spaces, with no stray bits behind the last byte. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new ParseError('Not base64');
  const binary = atob(text);
  if (btoa(binary) !== text) throw new ParseError('Not canonical base64');
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** RFC 4648 §5, without padding. */
export function toBase64url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Reads only the one form that `toBase64url` writes. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new ParseError('Not base64url');
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4));
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** For public values; it does not hide where they differ. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

export function isAllZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Reads little-endian fields one after the other. Reading past the end throws a ParseError. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw new ParseError(`Ends after ${this.#bytes.length} bytes where ${this.#offset + length} are needed`);
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  uint16(): number {
    return this.#unsigned(2);
  }

  uint32(): number {
    return this.#unsigned(4);
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.remaining > 0) throw new ParseError(`${this.remaining} bytes too many`);
  }

  #unsigned(length: number): number {
    return this.bytes(length).reduceRight((value, byte) => value * 256 + byte, 0);
  }
}
