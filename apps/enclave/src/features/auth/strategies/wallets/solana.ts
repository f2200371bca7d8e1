import { ed25519 } from '@noble/curves/ed25519.js';
import type { Signed } from './families.ts';
import { WalletRefused } from './refusal.ts';
import { readAddress } from './solana-address.ts';

/** @returns the address. @throws WalletRefused */
export function verifySolana({ address, text, signature }: Signed): string {
  const publicKey = readAddress(address);
  if (!publicKey) throw new WalletRefused('address');
  if (!isSignature(signature, Buffer.from(text), publicKey)) throw new WalletRefused('signature');
  return address;
}

function isSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    // RFC 8032 and no more: keys of small order, for which signatures of nobody hold, and other spellings of a point are refused.
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
