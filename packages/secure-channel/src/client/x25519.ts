import { type Bytes, concat } from '../protocol/bytes.ts';

/** X25519, RFC 7748 §5, over raw keys. */
export interface X25519 {
  publicKey(privateKey: Uint8Array): Promise<Uint8Array>;
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array>;
}

// PKCS #8 in front of a raw key, RFC 8410 §7.
const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));

const native: X25519 = {
  publicKey: (privateKey) => native.sharedSecret(privateKey, BASE_POINT),
  async sharedSecret(privateKey, publicKey) {
    const { subtle } = crypto;
    const own = await subtle.importKey('pkcs8', concat(PKCS8, privateKey), 'X25519', false, ['deriveBits']);
    const peer = await subtle.importKey('raw', publicKey as Bytes, 'X25519', false, []);
    return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: peer }, own, 256));
  },
};

/** WebCrypto's where it has the curve, else a library fetched only then. */
export async function x25519(): Promise<X25519> {
  try {
    await crypto.subtle.importKey('raw', BASE_POINT, 'X25519', false, []);
    return native;
  } catch {
    const { x25519: portable } = await import('@noble/curves/ed25519.js');
    return {
      publicKey: async (privateKey) => portable.getPublicKey(privateKey),
      sharedSecret: async (privateKey, publicKey) => portable.getSharedSecret(privateKey, publicKey),
    };
  }
}
