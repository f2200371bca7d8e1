import { createCipheriv, hkdfSync, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openValue, type Place, SealError, SealingKey, sealValue, toAad } from './seal.ts';

const HEADER_BYTES = 1 + 32 + 12;
const TAG_BYTES = 16;
const PLACE: Place = { table: 'bots', realm: 'org_1', id: 'bot_1', version: 3, clear: ['role', 7, true, null] };
const vectors = JSON.parse(readFileSync(new URL('../../../../vectors/sealing.json', import.meta.url), 'utf8')) as {
  hkdf: Record<'ikm' | 'salt' | 'info' | 'okm', string>[];
  aesGcm: Record<'key' | 'nonce' | 'aad' | 'plaintext' | 'ciphertext' | 'tag', string>[];
  sealed: Record<'secret' | 'aad' | 'plaintext' | 'sealed', string>[];
};

test('what was sealed opens again, whatever it is', () => {
  const key = new SealingKey(randomBytes(32));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 60 }), (plaintext, aad) => {
      const sealed = key.seal(aad, plaintext);
      expect(sealed.length).toBe(HEADER_BYTES + plaintext.length + TAG_BYTES);
      expect(new Uint8Array(key.open(aad, sealed))).toEqual(plaintext);
    }),
  );
  const large = randomBytes(1_000_000);
  expect(Buffer.compare(key.open(large, key.seal(large, large)), large)).toBe(0);
});

test('a value cut at any length, or with a byte more, does not open', () => {
  const key = new SealingKey(randomBytes(32));
  const sealed = key.seal(toAad(PLACE), Buffer.from('twelve bytes'));
  for (let length = 0; length < sealed.length; length++)
    expect(() => key.open(toAad(PLACE), sealed.subarray(0, length)), `${length}`).toThrow(SealError);
  expect(() => key.open(toAad(PLACE), Buffer.concat([sealed, new Uint8Array(1)]))).toThrow(SealError);
});

test('a value with any bit turned does not open', () => {
  const key = new SealingKey(randomBytes(32));
  const sealed = key.seal(toAad(PLACE), Buffer.from('twelve bytes'));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const turned = Uint8Array.from(sealed, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(() => key.open(toAad(PLACE), turned), `bit ${bit}`).toThrow(SealError);
  }
});

test('another key does not open it', () => {
  const sealed = sealValue(new SealingKey(randomBytes(32)), PLACE, { a: 1 });
  expect(() => openValue(new SealingKey(randomBytes(32)), PLACE, sealed)).toThrow(SealError);
});

test.each<[string, Place]>([
  ['table', { ...PLACE, table: 'bot_versions' }],
  ['realm', { ...PLACE, realm: 'org_2' }],
  ['id', { ...PLACE, id: 'bot_2' }],
  ['version', { ...PLACE, version: 4 }],
  ['a clear column', { ...PLACE, clear: ['admin', 7, true, null] }],
  ['the type of a clear column', { ...PLACE, clear: ['role', '7', true, null] }],
  ['the order of clear columns', { ...PLACE, clear: [7, 'role', true, null] }],
  ['a clear column left out', { ...PLACE, clear: ['role', 7, true] }],
  ['a clear column added', { ...PLACE, clear: ['role', 7, true, null, null] }],
])('it does not open in another place: %s', (_, place) => {
  const key = new SealingKey(randomBytes(32));
  const sealed = sealValue(key, PLACE, 'value');
  expect(openValue(key, PLACE, sealed)).toBe('value');
  expect(() => openValue(key, place, sealed)).toThrow(expect.objectContaining({ name: 'SealError', place }));
});

test('no two places share their associated data', () => {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 6 });
  const place = fc.record({
    table: text,
    realm: text,
    id: text,
    version: fc.nat(20),
    clear: fc.array(fc.oneof(text, fc.nat(20)), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(Buffer.from(toAad(a)).equals(toAad(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test('values of a day share a salt, and every value has a nonce of its own', () => {
  const key = new SealingKey(randomBytes(32));
  const sealed = Array.from({ length: 1_000 }, () => Buffer.from(key.seal(new Uint8Array(), new Uint8Array())));
  expect(new Set(sealed.map((value) => value.toString('hex', 1, 33))).size).toBe(1);
  expect(new Set(sealed.map((value) => value.toString('hex', 33, HEADER_BYTES))).size).toBe(sealed.length);
  const other = Buffer.from(new SealingKey(randomBytes(32)).seal(new Uint8Array(), new Uint8Array()));
  expect(other.toString('hex', 1, 33)).not.toBe(sealed[0]?.toString('hex', 1, 33));
});

test('a salt that is given is used, also after thousands of others', () => {
  const key = new SealingKey(randomBytes(32));
  const aad = toAad(PLACE);
  const first = key.seal(aad, Buffer.from('first'), new Uint8Array(32));
  expect(first.subarray(1, 33)).toEqual(new Uint8Array(32));
  for (let n = 0; n < 5_000; n++) key.seal(aad, new Uint8Array(), randomBytes(32));
  expect(Buffer.from(key.open(aad, first)).toString()).toBe('first');
});

test('a salt of another length is refused, because it would move what follows it', () => {
  const key = new SealingKey(randomBytes(32));
  expect(() => key.seal(toAad(PLACE), new Uint8Array(), new Uint8Array(31))).toThrow(RangeError);
});

test('the processor of this machine agrees with the published vectors of HKDF and AES-GCM', () => {
  for (const { ikm, salt, info, okm } of vectors.hkdf)
    expect(Buffer.from(hkdfSync('sha256', hex(ikm), hex(salt), hex(info), okm.length / 2)).toString('hex')).toBe(okm);
  for (const { key, nonce, aad, plaintext, ciphertext, tag } of vectors.aesGcm) {
    const cipher = createCipheriv('aes-256-gcm', hex(key), hex(nonce)).setAAD(hex(aad));
    expect(Buffer.concat([cipher.update(hex(plaintext)), cipher.final()]).toString('hex')).toBe(ciphertext);
    expect(cipher.getAuthTag().toString('hex')).toBe(tag);
  }
});

test('values sealed by earlier versions open', () => {
  expect(vectors.sealed.length).toBeGreaterThan(0);
  for (const { secret, aad, plaintext, sealed } of vectors.sealed)
    expect(Buffer.from(new SealingKey(hex(secret)).open(hex(aad), hex(sealed))).toString('hex')).toBe(plaintext);
});

test('a sealed value is what its documented format says, computed by another implementation', async () => {
  const secret = randomBytes(32);
  const aad = toAad(PLACE);
  const sealed = new SealingKey(secret).seal(aad, Buffer.from('content'));
  const { subtle } = webcrypto;
  const [salt, nonce, rest] = [sealed.slice(1, 33), sealed.slice(33, HEADER_BYTES), sealed.slice(HEADER_BYTES)];
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode('privexbot row key v1');
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info };
  const key = await subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
  const opened = await subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: Uint8Array.from(aad) }, key, rest);
  expect(sealed[0]).toBe(1);
  expect(Buffer.from(opened).toString()).toBe('content');
});

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
