import { base58 } from '@scure/base';

const LENGTH = 32;

/** The public key that an address is: 32 bytes in base58. */
export function readAddress(text: string): Uint8Array | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return undefined;
  const bytes = base58.decode(text);
  return bytes.length === LENGTH ? bytes : undefined;
}
