import { decode, Token, Tokenizer, Type } from 'cborg';
import { ParseError } from '../bytes.ts';

/** A Nitro document has about 110 items (32 PCRs, a handful of certificates); the limit also bounds nesting, and so the stack. */
const MAX_ITEMS = 512;

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
};

/** What a Nitro document may be made of: no tags, no floats, no booleans, nothing that needs an extension. */
const ALLOWED: readonly Type[] = [Type.uint, Type.negint, Type.bytes, Type.string, Type.array, Type.map, Type.null];

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
  try {
    const value: unknown = decode(bytes, { ...STRICT, tokenizer: new StrictTokenizer(bytes, openMap && bytes[0] === OPEN_MAP) });
    requirePlainKeys(value);
    return value;
  } catch (error) {
    if (error instanceof ParseError) throw error;
    throw new ParseError(error instanceof Error ? error.message : 'CBOR is malformed', { cause: error });
  }
}

const OPEN_MAP = 0xbf;
const BREAK = 0xff;

/** cborg bounds neither depth nor count, decodes invalid UTF-8 leniently, and allows indefinite lengths everywhere or nowhere. */
class StrictTokenizer extends Tokenizer {
  readonly #isOpenMap: boolean;
  #items = 0;

  constructor(bytes: Uint8Array, isOpenMap: boolean) {
    super(bytes, STRICT);
    this.#isOpenMap = isOpenMap;
  }

  override next(): Token {
    if (this.done()) throw new ParseError('CBOR ends too early');
    if (++this.#items > MAX_ITEMS) throw new ParseError(`CBOR has more than ${MAX_ITEMS} items`);
    return (this.#isOpenMap && this.#outermost()) || this.#inner();
  }

  #outermost(): Token | undefined {
    const isLast = this._pos === this.data.length - 1;
    if (this._pos > 0 && !(isLast && this.data[this._pos] === BREAK)) return undefined;
    return this._pos++ === 0 ? new Token(Type.map, Number.POSITIVE_INFINITY, 1) : new Token(Type.break, undefined, 1);
  }

  #inner(): Token {
    const token = super.next();
    if (!ALLOWED.some((type) => Type.equals(type, token.type))) throw new ParseError(`CBOR type ${token.type.name} is not allowed`);
    if (token.byteValue?.some((byte) => byte > 0x7f)) throw new ParseError('CBOR text is not ASCII');
    return token;
  }
}

/** cborg compares keys by identity, so two equal byte strings would pass as different keys. */
function requirePlainKeys(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) requirePlainKeys(item);
  if (!(value instanceof Map)) return;
  for (const [key, item] of value) {
    if (typeof key !== 'string' && typeof key !== 'number') throw new ParseError('CBOR map key is neither text nor integer');
    requirePlainKeys(item);
  }
}
