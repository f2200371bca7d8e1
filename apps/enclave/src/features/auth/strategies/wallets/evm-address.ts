import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The address in the one spelling that carries a checksum (EIP-55), whatever the case it came in. */
export function readAddress(text: string): string | undefined {
  const [, digits] = /^0x([0-9a-fA-F]{40})$/.exec(text) ?? [];
  return digits && withChecksum(digits.toLowerCase());
}

/** @param publicKey 65 bytes, uncompressed */
export function addressOf(publicKey: Uint8Array): string {
  return withChecksum(bytesToHex(keccak_256(publicKey.subarray(1)).subarray(-20)));
}

function withChecksum(digits: string): string {
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  return `0x${[...digits].map((digit, at) => (Number.parseInt(hash[at] ?? '', 16) >= 8 ? digit.toUpperCase() : digit)).join('')}`;
}
