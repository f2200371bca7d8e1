import { createPublicKey, diffieHellman, encapsulate, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { ChannelError } from '../errors.ts';
import { concat } from '../protocol/bytes.ts';
import { dhkemSecret, ML_KEM_768, xWingCombinerInput } from '../protocol/kem-combiners.ts';
import type { SuiteId } from '../protocol/suites.ts';
import { nativeHashes } from './hashes.ts';

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  readonly secret: Uint8Array;
}

export type Encapsulate = (suite: SuiteId, publicKey: Uint8Array) => Encapsulated;

/** A secret for the holder of a public key, by OpenSSL's ML-KEM and X25519. @throws ChannelError `malformed_message` for a key that is none */
export const nativeEncapsulate: Encapsulate = (suite, publicKey) => {
  try {
    return BY_SUITE[suite](publicKey);
  } catch (cause) {
    throw new ChannelError('malformed_message', cause);
  }
};

const BY_SUITE: Record<SuiteId, (publicKey: Uint8Array) => Encapsulated> = {
  /** X-Wing, draft-connolly-cfrg-xwing-kem §5.4. */
  1(publicKey) {
    const pkX = publicKey.subarray(ML_KEM_768.publicKeyBytes);
    const pkM = importRaw('ml-kem-768', publicKey.subarray(0, ML_KEM_768.publicKeyBytes));
    const { sharedKey: ssM, ciphertext: ctM } = encapsulate(pkM);
    const { ssX, ctX } = exchange(pkX);
    return { ciphertext: concat(ctM, ctX), secret: hash('sha3-256', xWingCombinerInput(ssM, ssX, ctX, pkX), 'buffer') };
  },
  /** DHKEM, RFC 9180 §4.1. */
  2(publicKey) {
    const { ssX, ctX } = exchange(publicKey);
    return { ciphertext: ctX, secret: dhkemSecret(nativeHashes, ssX, ctX, publicKey) };
  },
};

/** OpenSSL refuses an all-zero result (RFC 7748 §6.1). */
function exchange(peer: Uint8Array): { ssX: Uint8Array; ctX: Uint8Array } {
  const own = generateKeyPairSync('x25519');
  const ssX = diffieHellman({ privateKey: own.privateKey, publicKey: importRaw('x25519', peer) });
  return { ssX, ctX: own.publicKey.export({ format: 'raw-public' }) };
}

function importRaw(asymmetricKeyType: 'ml-kem-768' | 'x25519', key: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(key), format: 'raw-public', asymmetricKeyType });
}
