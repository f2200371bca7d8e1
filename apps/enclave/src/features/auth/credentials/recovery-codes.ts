/** Ten codes for whoever lost the device that makes the others. Each counts once; only keyed hashes of them are kept. */
import type { UserId } from '@privexbot/contract';
import type { Keyring } from '../../../keys/keyring.ts';
import { randomBytes } from '../../../random.ts';

const CODES = 10;
/** Without letters that look like digits; Crockford's alphabet, so that each typed letter is read as one that was meant. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CODE = /^[0-9a-hjkmnp-tv-z]{10}$/;

/** Fifty random bits each, written as two groups of five. */
export function createRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, () => {
    const letters = Array.from(randomBytes(10), (byte) => ALPHABET.charAt(byte & 31)).join('');
    return `${letters.slice(0, 5)}-${letters.slice(5)}`;
  });
}

/** By which a typed code is found again, whatever its case, spaces and hyphens; undefined for what is no code. */
export function recoveryIndex(keyring: Keyring, user: UserId, typed: string): string | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  if (!CODE.test(code)) return undefined;
  return Buffer.from(keyring.blindIndex('recovery-code', `${user} ${code}`)).toString('base64url');
}
