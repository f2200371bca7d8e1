// Cosmos: a text that was signed as ADR-36 has it, which no chain takes for a transaction.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hashOf, readAddress } from './cosmos-address.ts';
import type { Signed } from './families.ts';
import { WalletRefused } from './refusal.ts';

const PUBLIC_KEY_LENGTH = 33;

/**
 * The document is built here and never taken from the caller, so that a fee, a sequence or another kind of message
 * cannot come with it.
 * @returns the hash of the public key in hex, one for all prefixes. @throws WalletRefused
 */
export function verifyCosmos({ address, text, signature, publicKey }: Signed): string {
  const claimed = readAddress(address);
  if (!claimed || publicKey?.length !== PUBLIC_KEY_LENGTH) throw new WalletRefused('address');
  const hash = Buffer.from(hashOf(publicKey));
  if (!hash.equals(claimed.hash)) throw new WalletRefused('address');
  if (!isSignature(signature, toSignDoc(address, text), publicKey)) throw new WalletRefused('signature');
  return hash.toString('hex');
}

function isSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return secp256k1.verify(signature, message, publicKey, { lowS: true, format: 'compact' });
  } catch {
    return false;
  }
}

/** ADR-36: the amino document of a transaction that cannot be, as JSON with sorted keys. */
function toSignDoc(signer: string, text: string): Uint8Array {
  const data = Buffer.from(text).toString('base64');
  return Buffer.from(
    JSON.stringify({
      account_number: '0',
      chain_id: '',
      fee: { amount: [], gas: '0' },
      memo: '',
      msgs: [{ type: 'sign/MsgSignData', value: { data, signer } }],
      sequence: '0',
    }),
  );
}
