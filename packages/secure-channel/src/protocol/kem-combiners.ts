import { concat, u16, utf8 } from './bytes.ts';
import { type Hashes, hkdfExpand, hkdfExtract } from './hashes.ts';

const X_WING_LABEL = utf8('\\.//^\\');

/** Lengths of the ML-KEM-768 parts (FIPS 203 §8, table 3); X25519's follow them. */
export const ML_KEM_768 = { publicKeyBytes: 1184, ciphertextBytes: 1088 } as const;

/** What X-Wing hashes with SHA3-256 (draft-connolly-cfrg-xwing-kem §5.3). */
export function xWingCombinerInput(ssM: Uint8Array, ssX: Uint8Array, ctX: Uint8Array, pkX: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(ssM, ssX, ctX, pkX, X_WING_LABEL);
}

const KEM_SUITE_ID = concat(utf8('KEM'), u16(0x0020));

/** ExtractAndExpand of DHKEM(X25519, HKDF-SHA256), RFC 9180 §4.1, with an empty salt. */
export function dhkemSecret(hashes: Hashes, dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const labelled = (label: string, ...rest: Uint8Array[]) => concat(utf8('HPKE-v1'), KEM_SUITE_ID, utf8(label), ...rest);
  const prk = hkdfExtract(hashes, new Uint8Array(), labelled('eae_prk', dh));
  return hkdfExpand(hashes, prk, concat(u16(32), labelled('shared_secret', enc, publicKey)), 32);
}
