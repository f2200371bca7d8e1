/** Time-based one-time codes (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, thirty seconds. */
import { createHmac } from 'node:crypto';
import { base32nopad } from '@scure/base';
import { randomBytes } from '../../../random.ts';

const PERIOD_SECONDS = 30;
const DIGITS = 6;
/** RFC 4226 §4, R6: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;
/** Codes of the step before and after count too: clocks differ, and typing takes time (RFC 6238 §5.2). */
const DRIFT_STEPS = 1;

export function newTotpSecret(): Uint8Array {
  return randomBytes(SECRET_BYTES);
}

/** HOTP (RFC 4226 §5.3). Apps know no other hash; the others are here for the vectors of RFC 6238. */
export function hotp(secret: Uint8Array, counter: number, digits = DIGITS, hash: 'sha1' | 'sha256' | 'sha512' = 'sha1'): string {
  const moving = new Uint8Array(8);
  new DataView(moving.buffer).setBigUint64(0, BigInt(counter));
  const mac = createHmac(hash, secret).update(moving).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const code = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(code % 10 ** digits).padStart(digits, '0');
}

/** The time step of an instant (RFC 6238 §4.2). */
export function stepAt(at: Date): number {
  return Math.floor(at.getTime() / 1_000 / PERIOD_SECONDS);
}

/**
 * The time step whose code was typed, or undefined where it is none of now. A step at or before `last` does not count: a code
 * that was read over a shoulder or by a phishing page is worth nothing once it was used (RFC 6238 §5.2).
 */
export function findStep(secret: Uint8Array, typed: string, at: Date, last: number): number | undefined {
  const code = typed.replace(/\s/g, '');
  if (!/^\d{6}$/.test(code)) return undefined;
  const now = stepAt(at);
  const steps = Array.from({ length: 2 * DRIFT_STEPS + 1 }, (_, i) => now - DRIFT_STEPS + i);
  return steps.find((step) => step > last && hotp(secret, step) === code);
}

/** The secret as people type it where they can't scan. */
export function totpText(secret: Uint8Array): string {
  return base32nopad.encode(secret);
}

/** What the QR code says: the key URI that authenticator apps read, with the issuer in both places where they look for it. */
export function totpUri(secret: Uint8Array, account: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = new URLSearchParams({
    secret: totpText(secret),
    issuer,
    algorithm: 'SHA1',
    digits: `${DIGITS}`,
    period: `${PERIOD_SECONDS}`,
  });
  // A plus would be read as a plus.
  return `otpauth://totp/${label}?${query.toString().replaceAll('+', '%20')}`;
}
