import type { Bytes } from '../protocol/bytes.ts';

/** Verifies an Ed25519 signature, RFC 8032 §5.1.7, with WebCrypto or, where it lacks the curve, with a library fetched only then. */
export async function verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  let key: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  try {
    key = await crypto.subtle.importKey('raw', publicKey as Bytes, 'Ed25519', false, ['verify']);
  } catch {
    const { ed25519 } = await import('@noble/curves/ed25519.js');
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  }
  return crypto.subtle.verify('Ed25519', key, signature as Bytes, message as Bytes);
}
