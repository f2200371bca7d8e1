import { generateKeyPair, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { randomBytes } from '../../../random.ts';
import type { OwnKey } from '../strategy.ts';

const YEAR = 365 * 86_400_000;
/** Providers pin the certificate; its end is a reminder, no protection. */
const VALID_MS = 10 * YEAR;
const SHA256_WITH_RSA = Uint8Array.of(0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 0x05, 0);
const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 4, 3);

/** A new key with a certificate that it signed itself: what SAML metadata takes for a key (RFC 5280 §4.1). */
export async function createOwnKey(name: string, now: Date): Promise<OwnKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 3_072 });
  const subject = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, new TextEncoder().encode(name)))));
  const body = sequence(
    // The first bit is 0 and the next 1: a positive number of full length.
    der(0x02, Uint8Array.of(0x40 | ((randomBytes(1)[0] ?? 0) & 0x3f), ...randomBytes(15))),
    SHA256_WITH_RSA,
    subject,
    sequence(time(now), time(new Date(now.getTime() + VALID_MS))),
    subject,
    new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, SHA256_WITH_RSA, der(0x03, Uint8Array.of(0, ...signature)));
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(certificate).toString(),
  };
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return der(0x30, Buffer.concat(parts));
}

/** GeneralizedTime, which X.509 wants from 2050 on; UTCTime before. */
function time(at: Date): Uint8Array {
  const digits = at.toISOString().replace(/\.\d+|[-:T]/g, '');
  const [tag, text] = at.getUTCFullYear() < 2050 ? [0x17, digits.slice(2)] : [0x18, digits];
  return der(tag, new TextEncoder().encode(text));
}

function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const octets = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(tag, ...octets, ...content);
}
