// SAML messages in an address: the HTTP-Redirect binding, SAML bindings §3.4.
import { constants, sign, verify, X509Certificate } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Checks } from '../strategy.ts';

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const HASHES: Readonly<Record<string, string>> = { [RSA_SHA256]: 'sha256', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'sha512' };
const MAX_BYTES = 64 * 1024;

export type Direction = 'SAMLRequest' | 'SAMLResponse';

/** The address with the message, signed. `relayState` is an opaque id: it is never a place to go. */
export function toRedirect(address: string, direction: Direction, xml: string, relayState: string | undefined, privateKey: string): string {
  const url = new URL(address);
  const parameters: [string, string][] = [[direction, deflateRawSync(xml).toString('base64')]];
  if (relayState) parameters.push(['RelayState', relayState]);
  parameters.push(['SigAlg', RSA_SHA256]);
  const signed = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const signature = sign('sha256', new TextEncoder().encode(signed), privateKey).toString('base64');
  const before = url.search ? `${url.search}&` : '?';
  return `${url.origin}${url.pathname}${before}${signed}&Signature=${encodeURIComponent(signature)}`;
}

/**
 * The message of a query that one of the certificates' keys signed. The signature is over the octets as they were sent, so it is they
 * that are taken apart, and no parameter may be there twice.
 * @param query without its question mark
 */
export function fromRedirect(query: string, direction: Direction, certificates: readonly string[], checks: Checks): string {
  const raw = new Map<string, string>();
  for (const part of query.split('&')) {
    const [name = '', value = ''] = split(part);
    if (raw.has(name)) checks.refuse('document', { found: 'a parameter twice' });
    raw.set(name, value);
  }
  const signed = [direction, 'RelayState', 'SigAlg'].flatMap((name) => (raw.has(name) ? [`${name}=${raw.get(name)}`] : [])).join('&');
  const hash = HASHES[decode(raw.get('SigAlg'), checks)];
  checks.require('algorithm', hash !== undefined, {
    expected: Object.keys(HASHES).join(' '),
    found: decode(raw.get('SigAlg'), checks) || 'none',
  });
  const signature = Buffer.from(decode(raw.get('Signature'), checks), 'base64');
  const octets = new TextEncoder().encode(signed);
  const isSigned = certificates.some((pem) => {
    const key = new X509Certificate(pem).publicKey;
    return key.asymmetricKeyType === 'rsa' && verify(hash, octets, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  });
  checks.require('signature', isSigned, { expected: 'one of the pinned certificates' });
  const encoding = decode(raw.get('SAMLEncoding'), checks);
  if (encoding !== '' && encoding !== 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE')
    checks.refuse('document', { found: encoding });
  return inflate(decode(raw.get(direction), checks), checks);
}

function inflate(encoded: string, checks: Checks): string {
  checks.require('size', encoded.length <= MAX_BYTES, { expected: `at most ${MAX_BYTES} bytes`, found: `${encoded.length} characters` });
  try {
    const bytes = inflateRawSync(Buffer.from(encoded, 'base64'), { maxOutputLength: MAX_BYTES });
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return checks.refuse('document', { expected: `deflated text of at most ${MAX_BYTES} bytes` });
  }
}

function split(part: string): [string, string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}

function decode(value: string | undefined, checks: Checks): string {
  try {
    return decodeURIComponent((value ?? '').replaceAll('+', ' '));
  } catch {
    return checks.refuse('document', { found: 'a parameter that is not encoded' });
  }
}
