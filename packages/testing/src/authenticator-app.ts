import { hotp, stepAt } from '@privexbot/enclave/features/auth/credentials/totp.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code that an authenticator app shows at an instant. @param secret base 32 (RFC 4648 §6) without padding, as people type it */
export function codeOf(secret: string, at: Date): string {
  const bits = Array.from(secret, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2));
  return hotp(bytes, stepAt(at));
}
