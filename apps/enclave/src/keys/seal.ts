import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { randomBytes } from '../random.ts';

const FORMAT = 1;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SALT_BYTES + NONCE_BYTES;
const CACHED_ROW_KEYS = 4_096;
const SALT_LASTS_MS = 24 * 60 * 60 * 1_000;
/** Far below the 2^32 values after which random nonces of one key may repeat (NIST SP 800-38D §8.3). */
const SEALS_PER_SALT = 2 ** 24;
const ROW_KEY_INFO = new TextEncoder().encode('privexbot row key v1');

/** Sealed bytes were changed, belong elsewhere, or were sealed under another key. */
export class SealError extends Error {
  override readonly name = 'SealError';
  /** Where the value was read, as far as it is known. */
  readonly place: Place | undefined;

  constructor(message: string, options?: ErrorOptions & { place?: Place }) {
    super(message, options);
    this.place = options?.place;
  }
}

/**
 * Seals values under keys derived per salt, so that no AES-GCM key meets its limit of 2^32 values.
 * Format: version (1) | salt (32) | nonce (12) | ciphertext | tag (16); row key = HKDF-SHA-256(secret, salt).
 */
export class SealingKey {
  // Node handles key objects three times as fast as keys given as bytes.
  readonly #secret: KeyObject;
  readonly #rowKeys = new Map<string, KeyObject>();
  #salt = new Uint8Array();
  #sealed = 0;
  #saltMadeAt = 0;

  /** @param secret 32 bytes */
  constructor(secret: Uint8Array) {
    this.#secret = createSecretKey(secret);
  }

  /** @param salt 32 bytes, one per document where its rows should share a key; by default one per day and process */
  seal(aad: Uint8Array, plaintext: Uint8Array, salt: Uint8Array = this.#currentSalt()): Uint8Array<ArrayBuffer> {
    if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes`);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#rowKey(salt), nonce);
    cipher.setAAD(aad);
    const sealed = new Uint8Array(HEADER_BYTES + plaintext.length + TAG_BYTES);
    sealed[0] = FORMAT;
    sealed.set(salt, 1);
    sealed.set(nonce, 1 + SALT_BYTES);
    sealed.set(cipher.update(plaintext), HEADER_BYTES);
    cipher.final();
    sealed.set(cipher.getAuthTag(), HEADER_BYTES + plaintext.length);
    return sealed;
  }

  /** @throws SealError */
  open(aad: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw new SealError('not a sealed value');
    const salt = sealed.subarray(1, 1 + SALT_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#rowKey(salt), sealed.subarray(1 + SALT_BYTES, HEADER_BYTES));
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES));
    try {
      decipher.final();
    } catch (cause) {
      throw new SealError('a sealed value does not match its place or its key', { cause });
    }
    return plaintext;
  }

  #currentSalt(): Uint8Array {
    const now = Date.now();
    if (this.#sealed++ % SEALS_PER_SALT === 0 || now - this.#saltMadeAt > SALT_LASTS_MS) {
      this.#salt = randomBytes(SALT_BYTES);
      this.#saltMadeAt = now;
    }
    return this.#salt;
  }

  #rowKey(salt: Uint8Array): KeyObject {
    const name = Buffer.from(salt.buffer, salt.byteOffset, salt.length).toString('base64');
    let key = this.#rowKeys.get(name);
    if (!key) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', this.#secret, salt, ROW_KEY_INFO, 32)));
      if (this.#rowKeys.size >= CACHED_ROW_KEYS) this.#rowKeys.delete(this.#rowKeys.keys().next().value ?? '');
      this.#rowKeys.set(name, key);
    }
    return key;
  }
}

/**
 * Where a sealed value belongs: everything the code acts on but cannot see inside the seal. A value moved to another
 * row, table, organization or version, or whose clear columns were changed, does not open.
 */
export interface Place {
  readonly table: string;
  /** An organization's id, or `environment`. */
  readonly realm: string;
  readonly id: string;
  readonly version: number;
  /** Clear columns the code acts on (role, state, expiry, owner, look-up value), in a fixed order. */
  readonly clear?: readonly (string | number | boolean | null)[];
}

/** The associated data of a place, as unambiguous bytes. */
export function toAad(place: Place): Uint8Array {
  return Buffer.from(JSON.stringify([place.table, place.realm, place.id, place.version, ...(place.clear ?? [])]));
}

/** Seals a JSON value for its place. */
export function sealValue(key: SealingKey, place: Place, value: unknown, salt?: Uint8Array): Uint8Array<ArrayBuffer> {
  return key.seal(toAad(place), Buffer.from(JSON.stringify(value)), salt);
}

/** Opens bytes sealed for this place. @throws SealError that names the place */
export function openBytes(key: SealingKey, place: Place, sealed: Uint8Array): Uint8Array {
  try {
    return key.open(toAad(place), sealed);
  } catch (cause) {
    throw new SealError('a stored value does not open in its place', { cause, place });
  }
}

/**
 * Opens a JSON value sealed for this place. The type is trusted: only this process can have sealed it.
 * @throws SealError
 */
export function openValue<T>(key: SealingKey, place: Place, sealed: Uint8Array): T {
  return JSON.parse(Buffer.from(openBytes(key, place, sealed)).toString('utf8')) as T;
}
