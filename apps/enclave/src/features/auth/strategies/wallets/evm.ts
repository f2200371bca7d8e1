// Ethereum and its kin: `personal_sign` (EIP-191) by an account with a key. Contract accounts (ERC-1271) would need a node.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { addressOf } from './evm-address.ts';
import type { Signed } from './families.ts';
import { WalletRefused } from './refusal.ts';

const SIGNATURE_LENGTH = 65;
/** What wallets add to the recovery bit, if anything. */
const V_OFFSET = 27;

/** @returns the address, by which the person is known on every chain. @throws WalletRefused */
export function verifyEvm({ address, text, signature }: Signed): string {
  if (signature.length !== SIGNATURE_LENGTH) throw new WalletRefused('signature');
  const v = signature[SIGNATURE_LENGTH - 1] ?? 0;
  const recovery = v >= V_OFFSET ? v - V_OFFSET : v;
  if (addressOf(recover(signature.subarray(0, -1), recovery, text)) !== address) throw new WalletRefused('signature');
  return address;
}

function recover(signature: Uint8Array, recovery: number, text: string): Uint8Array {
  try {
    const parsed = secp256k1.Signature.fromBytes(signature, 'compact');
    // EIP-2: the other s of the same signature is refused.
    if (parsed.hasHighS() || recovery > 1) throw new WalletRefused('signature');
    return parsed.addRecoveryBit(recovery).recoverPublicKey(digestOf(text)).toBytes(false);
  } catch (cause) {
    throw new WalletRefused('signature', { cause });
  }
}

/** EIP-191, version 0x45. */
function digestOf(text: string): Uint8Array {
  const message = Buffer.from(text);
  return keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`), message]));
}
