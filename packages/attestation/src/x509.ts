import { equalBytes, fromBase64, ParseError, toHex } from './bytes.ts';
import {
  contextTag,
  DerCursor,
  type DerNode,
  onlyChild,
  readBitString,
  readBoolean,
  readDer,
  readInteger,
  readIntegerBytes,
  readOctets,
  readOid,
  readTime,
  requireTag,
  TAG,
} from './der.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './signatures.ts';

export interface Name {
  /** DER, as it is compared. */
  readonly raw: Uint8Array;
  /** For people: `CN=Intel SGX Root CA, O=Intel Corporation`. */
  readonly text: string;
}

export interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** A version 3 certificate (RFC 5280 §4.1). Byte fields are views of `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What the issuer signed. */
  readonly tbs: Uint8Array;
  /** Hexadecimal of the INTEGER's bytes. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since 1970; both ends belong to the window. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** By dotted identifier. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly basicConstraints: { readonly isCa: boolean; readonly maxPathLength?: number } | undefined;
  /** Absent: every use is allowed. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
}

/** RFC 5280 §4.2.1.3, in the order of the bits. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export const OID_BASIC_CONSTRAINTS = '2.5.29.19';
export const OID_KEY_USAGE = '2.5.29.15';

/** Throws a ParseError for anything that is not one strict DER certificate with a supported signature algorithm. */
export function parseCertificate(der: Uint8Array): Certificate {
  const outer = new DerCursor(readDer(der));
  const tbs = outer.next(TAG.sequence);
  const algorithm = outer.next(TAG.sequence);
  const signature = readBitString(outer.next());
  outer.end();

  const fields = new DerCursor(tbs);
  if (readInteger(onlyChild(fields.next(contextTag(0)))) !== 2) throw new ParseError('Not a version 3 certificate');
  const serial = toHex(readIntegerBytes(fields.next()));
  // RFC 5280 §4.1.1.2: the signed and the outer algorithm are the same.
  if (!equalBytes(fields.next(TAG.sequence).raw, algorithm.raw)) throw new ParseError('Two different signature algorithms');
  const issuer = readName(fields.next());
  const validity = new DerCursor(fields.next());
  const notBefore = readTime(validity.next());
  const notAfter = readTime(validity.next());
  validity.end();
  const subject = readName(fields.next());
  const spki = fields.next(TAG.sequence).raw;
  const extensions = readExtensions(fields.optional(contextTag(3)));
  fields.end();

  return {
    der,
    tbs: tbs.raw,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    algorithm: readSignatureAlgorithm(algorithm),
    signature,
    extensions,
    basicConstraints: readBasicConstraints(extensions.get(OID_BASIC_CONSTRAINTS)),
    keyUsage: readKeyUsage(extensions.get(OID_KEY_USAGE)),
  };
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\r\n]*)-----END CERTIFICATE-----/g;

/** The DER of every CERTIFICATE block (RFC 7468); throws a ParseError for broken blocks and text between them. */
export function parsePem(text: string): Uint8Array[] {
  const between = text.replace(PEM, '');
  // Quotes end their chain with a zero byte, as C strings do.
  if (!/^[\r\n\0]*$/.test(between)) throw new ParseError('Not PEM certificates');
  return Array.from(text.matchAll(PEM), ([, body = '']) => fromBase64(body.replace(/[\r\n]/g, '')));
}

/** `Extensions` inside its explicit tag; an identifier that occurs twice is refused (RFC 5280 §4.2). */
export function readExtensions(node: DerNode | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const child of node ? requireTag(onlyChild(node), TAG.sequence).children : []) {
    const fields = new DerCursor(child);
    const oid = readOid(fields.next());
    const critical = fields.optional(TAG.boolean);
    const value = readOctets(fields.next());
    fields.end();
    if (extensions.has(oid)) throw new ParseError(`Extension ${oid} occurs twice`);
    extensions.set(oid, { critical: critical !== undefined && readBoolean(critical), value });
  }
  return extensions;
}

export function readName(node: DerNode): Name {
  requireTag(node, TAG.sequence);
  const parts: string[] = [];
  for (const set of node.children) {
    for (const attribute of requireTag(set, TAG.set).children) {
      const fields = new DerCursor(attribute);
      const oid = readOid(fields.next());
      const value = fields.next();
      fields.end();
      parts.push(`${ATTRIBUTES[oid] ?? oid}=${printable(value.content)}`);
    }
  }
  return { raw: node.raw, text: parts.join(', ') };
}

const ATTRIBUTES: Partial<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

/** Names are shown to people: control and other odd characters become a question mark. */
function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 128)).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}

function readBasicConstraints(extension: Extension | undefined): Certificate['basicConstraints'] {
  if (!extension) return undefined;
  const fields = new DerCursor(readDer(extension.value));
  const ca = fields.optional(TAG.boolean);
  const length = fields.optional(TAG.integer);
  fields.end();
  const isCa = ca !== undefined && readBoolean(ca);
  return length ? { isCa, maxPathLength: readInteger(length) } : { isCa };
}

function readKeyUsage(extension: Extension | undefined): Certificate['keyUsage'] {
  if (!extension) return undefined;
  const { content } = requireTag(readDer(extension.value), TAG.bitString);
  const [unused = 8, ...bytes] = content;
  if (unused > 7 || bytes.length > 2) throw new ParseError('Not a key usage');
  return new Set(KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1));
}
