import { contextTag, TAG } from '../der.ts';
import type { KeyUsage } from '../x509.ts';
import { bits, boolean, der, integer, octets, oid, sequence, time, utf8 } from './der-writer.ts';

/** Made-up certificate authorities: the tests and the simulator sign with them what hardware vendors sign with theirs. */
export interface SigningKey {
  readonly kind: KeyKind;
  readonly privateKey: PrivateKey;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array<ArrayBuffer>;
}

/** Known by this name only where the browser's library is. */
type PrivateKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Intel signs with P-256, AWS with P-384, AMD's roots with RSA-PSS. */
export type KeyKind = keyof typeof KINDS;

export interface Issuer {
  readonly key: SigningKey;
  readonly subject: Uint8Array;
}

export interface CertificateFields {
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** Big-endian. */
  readonly serial: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Absent: a leaf. */
  readonly ca?: { readonly maxPathLength?: number };
  /** An authority's are to sign certificates and lists, a leaf's to sign. */
  readonly usages?: readonly KeyUsage[];
  /** Whole `Extension` elements, see `extension`. */
  readonly extensions?: readonly Uint8Array[];
}

const KINDS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256', oid: '1.2.840.10045.4.3.2' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384', oid: '1.2.840.10045.4.3.3' },
  'RSA-PSS': { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-384', saltLength: 48 },
} as const;

export async function createKey(kind: KeyKind = 'P-256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KINDS[kind], true, ['sign', 'verify']);
  return { kind, privateKey, spki: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)) };
}

/** As WebCrypto has it: for ECDSA r and s in fixed width, one behind the other. */
export async function signRaw(key: SigningKey, data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(KINDS[key.kind], key.privateKey, new Uint8Array(data)));
}

export function name(commonName: string, organization = 'INSECURE SIMULATION'): Uint8Array<ArrayBuffer> {
  const attribute = (type: string, value: string) => der(TAG.set, sequence(oid(type), utf8(value)));
  return sequence(attribute('2.5.4.3', commonName), attribute('2.5.4.10', organization));
}

export function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

export async function issueCertificate(issuer: Issuer, fields: CertificateFields): Promise<Uint8Array<ArrayBuffer>> {
  const { ca, extensions = [], usages = ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'] } = fields;
  const constraints = ca ? sequence(boolean(true), ...(ca.maxPathLength === undefined ? [] : [integer(ca.maxPathLength)])) : sequence();
  const tbs = sequence(
    der(contextTag(0), integer(2)),
    integer(fields.serial),
    algorithmOf(issuer.key),
    issuer.subject,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.spki,
    der(
      contextTag(3),
      sequence(extension('2.5.29.19', true, constraints), extension('2.5.29.15', true, keyUsage(...usages)), ...extensions),
    ),
  );
  return signed(issuer.key, tbs);
}

export interface CrlFields {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Serial numbers, big-endian. */
  readonly revoked?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
}

export async function issueCrl(
  issuer: Issuer,
  { thisUpdate, nextUpdate, revoked = [], extensions = [] }: CrlFields,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = revoked.map((serial) => sequence(integer(serial), time(thisUpdate)));
  const list = entries.length > 0 ? [sequence(...entries)] : [];
  const more = extensions.length > 0 ? [der(contextTag(0), sequence(...extensions))] : [];
  const window = [time(thisUpdate), time(nextUpdate)];
  return signed(issuer.key, sequence(integer(1), algorithmOf(issuer.key), issuer.subject, ...window, ...list, ...more));
}

export function toPem(...certificates: readonly Uint8Array[]): string {
  return certificates
    .map((certificate) => btoa(String.fromCharCode(...certificate)).replace(/.{1,64}/g, '$&\n'))
    .map((body) => `-----BEGIN CERTIFICATE-----\n${body}-----END CERTIFICATE-----\n`)
    .join('');
}

function keyUsage(...usages: readonly KeyUsage[]): Uint8Array {
  const bit = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 } as Partial<Record<KeyUsage, number>>;
  const value = usages.reduce((mask, usage) => mask | (bit[usage] ?? 0), 0);
  const unused = Math.clz32(value & -value) ^ 31;
  return der(TAG.bitString, Uint8Array.of(unused, value));
}

function algorithmOf({ kind }: SigningKey): Uint8Array {
  if (kind !== 'RSA-PSS') return sequence(oid(KINDS[kind].oid));
  // RSASSA-PSS-params (RFC 4055 §3.1).
  const sha384 = sequence(oid('2.16.840.1.101.3.4.2.2'));
  const mask = sequence(oid('1.2.840.113549.1.1.8'), sha384);
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(der(contextTag(0), sha384), der(contextTag(1), mask), der(contextTag(2), integer(48))),
  );
}

async function signed(key: SigningKey, tbs: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const raw = await signRaw(key, tbs);
  const half = raw.length / 2;
  const signature = key.kind === 'RSA-PSS' ? raw : sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
  return sequence(tbs, algorithmOf(key), bits(signature));
}
