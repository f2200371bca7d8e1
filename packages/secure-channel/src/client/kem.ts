import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { ChannelError } from '../errors.ts';
import { concat } from '../protocol/bytes.ts';
import { portableHashes } from '../protocol/hashes.ts';
import { dhkemSecret, ML_KEM_768, xWingCombinerInput } from '../protocol/kem-combiners.ts';
import type { SuiteId } from '../protocol/suites.ts';
import { x25519 } from './x25519.ts';

export interface KemKey {
  readonly publicKey: Uint8Array;
  /** @throws ChannelError `handshake_failed` for a ciphertext that no honest side makes */
  decapsulate(ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** A fresh key for one handshake, from a 32-byte seed, by suite. */
export const generateKemKey: Record<SuiteId, (seed: Uint8Array) => Promise<KemKey>> = { 1: xWingKey, 2: dhkemKey };

/** draft-connolly-cfrg-xwing-kem §5.2 and §5.5. */
async function xWingKey(seed: Uint8Array): Promise<KemKey> {
  const expanded = shake256(seed, { dkLen: 96 });
  const mlKem = ml_kem768.keygen(expanded.subarray(0, 64));
  const curve = await x25519();
  const privateX = expanded.subarray(64);
  const publicX = await curve.publicKey(privateX);
  return {
    publicKey: concat(mlKem.publicKey, publicX),
    async decapsulate(ciphertext) {
      const ctX = ciphertext.subarray(ML_KEM_768.ciphertextBytes);
      const ssM = ml_kem768.decapsulate(ciphertext.subarray(0, ML_KEM_768.ciphertextBytes), mlKem.secretKey);
      const ssX = await exchange(() => curve.sharedSecret(privateX, ctX));
      return sha3_256(xWingCombinerInput(ssM, ssX, ctX, publicX));
    },
  };
}

/** RFC 9180 §4.1. */
async function dhkemKey(seed: Uint8Array): Promise<KemKey> {
  const curve = await x25519();
  const publicKey = await curve.publicKey(seed);
  return {
    publicKey,
    decapsulate: async (enc) => dhkemSecret(portableHashes, await exchange(() => curve.sharedSecret(seed, enc)), enc, publicKey),
  };
}

/** A point of small order gives zeros, which WebCrypto and noble refuse to return (RFC 7748 §6.1). */
async function exchange(share: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await share();
  } catch (cause) {
    throw new ChannelError('handshake_failed', cause);
  }
}
