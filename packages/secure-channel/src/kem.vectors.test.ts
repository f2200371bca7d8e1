import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { expect, test } from 'vitest';
import { generateKemKey } from './client/kem.ts';
import { nativeEncapsulate } from './server/kem.ts';
import { fromHex, hex, seededEncapsulate } from './test-environment.ts';

interface XWingVector {
  seed: string;
  eseed: string;
  publicKeyStart: string;
  ciphertextStart: string;
  sharedSecret: string;
}
const file = new URL('../../../vectors/secure-channel/x-wing.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: XWingVector[] };
const SEED = createHash('sha256').update('seed').digest();

test.each(vectors)('X-Wing is that of the draft: $sharedSecret', async ({ seed, eseed, publicKeyStart, ciphertextStart, sharedSecret }) => {
  const key = await generateKemKey[1](fromHex(seed));
  expect(hex(key.publicKey)).toMatch(new RegExp(`^${publicKeyStart}`));
  const { ciphertext, secret } = seededEncapsulate(() => fromHex(eseed))(1, key.publicKey);
  expect(hex(ciphertext)).toMatch(new RegExp(`^${ciphertextStart}`));
  expect(hex(secret)).toBe(sharedSecret);
  expect(hex(await key.decapsulate(ciphertext))).toBe(sharedSecret);
});

const KEMS = { 1: () => new XWing(), 2: () => new DhkemX25519HkdfSha256() } as const;

test.each([1, 2] as const)('suite %i: native encapsulation, our client and @hpke agree in every pairing', async (suite) => {
  const key = await generateKemKey[suite](SEED);
  const native = nativeEncapsulate(suite, key.publicKey);
  expect(hex(await key.decapsulate(native.ciphertext))).toBe(hex(native.secret));

  const hpke = new CipherSuite({ kem: KEMS[suite](), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const pair = await hpke.kem.generateKeyPair();
  const theirs = new Uint8Array(await hpke.kem.serializePublicKey(pair.publicKey));
  const toThem = nativeEncapsulate(suite, theirs);
  expect(hex(new Uint8Array(await hpke.kem.decap({ recipientKey: pair.privateKey, enc: toThem.ciphertext.slice().buffer })))).toBe(
    hex(toThem.secret),
  );

  const ourKey = await hpke.kem.deserializePublicKey(key.publicKey.slice().buffer);
  const fromThem = await hpke.kem.encap({ recipientPublicKey: ourKey });
  expect(hex(await key.decapsulate(new Uint8Array(fromThem.enc)))).toBe(hex(new Uint8Array(fromThem.sharedSecret)));
});

test.each([1, 2] as const)('suite %i: a public key or ciphertext of small order is refused by name', async (suite) => {
  const key = await generateKemKey[suite](SEED);
  const low = key.publicKey.slice();
  low.fill(0, low.length - 32);
  expect(() => nativeEncapsulate(suite, low)).toThrow(expect.objectContaining({ code: 'malformed_message' }));
  const { ciphertext } = nativeEncapsulate(suite, key.publicKey);
  ciphertext.fill(0, ciphertext.length - 32);
  await expect(key.decapsulate(ciphertext)).rejects.toMatchObject({ code: 'handshake_failed' });
});
