/**
 * The one form of CMS EnvelopedData (RFC 5652 §6) that AWS KMS answers an enclave with: one recipient named by key
 * identifier, RSA-OAEP with SHA-256, AES-256-CBC. BER, since KMS writes indefinite lengths and octets in parts. Everything else is refused.
 */
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';

/** The bytes are not such an envelope, or are not for this key. */
export class CmsError extends Error {
  override readonly name = 'CmsError';
}

const OID = {
  envelopedData: '2a864886f70d010703',
  data: '2a864886f70d010701',
  oaep: '2a864886f70d010107',
  mgf1: '2a864886f70d010108',
  sha256: '608648016503040201',
  aes256Cbc: '60864801650304012a',
};
const TAG = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  explicit0: 0xa0,
  explicit1: 0xa1,
  implicit0: 0x80,
  parts0: 0xa0,
};
const CONSTRUCTED = 0x20;
const CONSTRUCTED_OCTETS = TAG.octets | CONSTRUCTED;
const MAX_DEPTH = 16;
const MAX_BYTES = 64 * 1024;
const RECIPIENT_VERSION = 2;

/** A value with its tag: its bytes, or the values it is made of. */
interface Value {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly parts: readonly Value[];
}

/** @throws CmsError */
export function openEnvelope(envelope: Uint8Array, key: KeyObject): Uint8Array {
  const { encryptedKey, iv, ciphertext } = parseEnvelope(envelope);
  try {
    const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const decipher = createDecipheriv('aes-256-cbc', privateDecrypt(options, encryptedKey), iv);
    return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  } catch (cause) {
    throw new CmsError('the envelope does not open with this key', { cause });
  }
}

function parseEnvelope(envelope: Uint8Array): Record<'encryptedKey' | 'iv' | 'ciphertext', Uint8Array> {
  if (envelope.length > MAX_BYTES) throw new CmsError('the envelope is too large');
  const outer = readValue(envelope, 0, 0);
  if (outer.end !== envelope.length) throw new CmsError('something follows the envelope');
  const [type, explicit] = expectParts(outer.value, TAG.sequence, 2);
  expectOid(type, OID.envelopedData);
  const [data] = expectParts(explicit, TAG.explicit0, 1);
  const [version, recipients, content] = expectParts(data, TAG.sequence, 3);
  expectNumber(version, RECIPIENT_VERSION);
  const [recipient] = expectParts(recipients, TAG.set, 1);
  const [recipientVersion, identifier, algorithm, encryptedKey] = expectParts(recipient, TAG.sequence, 4);
  expectNumber(recipientVersion, RECIPIENT_VERSION);
  expectTag(identifier, TAG.implicit0);
  expectOaep(algorithm);
  const [contentType, cipher, encrypted] = expectParts(content, TAG.sequence, 3);
  expectOid(contentType, OID.data);
  const [cipherName, iv] = expectParts(cipher, TAG.sequence, 2);
  expectOid(cipherName, OID.aes256Cbc);
  const ivBytes = joinOctets(expectTag(iv, TAG.octets));
  const ciphertext = joinOctets(encrypted?.tag === TAG.parts0 ? encrypted : expectTag(encrypted, TAG.implicit0));
  if (ivBytes.length !== 16 || ciphertext.length === 0 || ciphertext.length % 16) throw new CmsError('a length is wrong');
  return { encryptedKey: joinOctets(expectTag(encryptedKey, TAG.octets)), iv: ivBytes, ciphertext };
}

/** RFC 4055 §4.1: SHA-256 for the label and for MGF1, the default (empty) label. */
function expectOaep(algorithm: Value | undefined): void {
  const [name, parameters] = expectParts(algorithm, TAG.sequence, 2);
  expectOid(name, OID.oaep);
  const given = expectTag(parameters, TAG.sequence).parts;
  const [hash] = expectParts(given[0], TAG.explicit0, 1);
  expectSha256(hash);
  const [mask] = expectParts(given[1], TAG.explicit1, 1);
  const [maskName, maskHash] = expectParts(mask, TAG.sequence, 2);
  expectOid(maskName, OID.mgf1);
  expectSha256(maskHash);
  if (given.length > 3) throw new CmsError('unknown parameters');
}

function expectSha256(algorithm: Value | undefined): void {
  const [name, none] = expectTag(algorithm, TAG.sequence).parts;
  expectOid(name, OID.sha256);
  if (none) expectTag(none, TAG.null);
}

function expectTag(value: Value | undefined, tag: number): Value {
  if (value?.tag !== tag) throw new CmsError(`expected tag ${tag.toString(16)}, found ${value ? value.tag.toString(16) : 'nothing'}`);
  return value;
}

function expectParts(value: Value | undefined, tag: number, count: number): readonly Value[] {
  const { parts } = expectTag(value, tag);
  if (parts.length !== count) throw new CmsError(`expected ${count} parts, found ${parts.length}`);
  return parts;
}

function expectOid(value: Value | undefined, oid: string): void {
  if (Buffer.from(expectTag(value, TAG.oid).bytes).toString('hex') !== oid) throw new CmsError('another kind than expected');
}

function expectNumber(value: Value | undefined, expected: number): void {
  const { bytes } = expectTag(value, TAG.integer);
  if (bytes.length !== 1 || bytes[0] !== expected) throw new CmsError('another version than expected');
}

/** Octets, or (X.690 §8.7.3) octets in parts. */
function joinOctets(value: Value): Uint8Array {
  if (!(value.tag & CONSTRUCTED)) return value.bytes;
  return new Uint8Array(
    Buffer.concat(value.parts.map((part) => joinOctets(part.tag === CONSTRUCTED_OCTETS ? part : expectTag(part, TAG.octets)))),
  );
}

/** X.690 §8.1: one value with its length in short, long or indefinite form. */
function readValue(data: Uint8Array, start: number, depth: number): { value: Value; end: number } {
  if (depth > MAX_DEPTH) throw new CmsError('nested too deeply');
  const tag = byteAt(data, start);
  if ((tag & 0x1f) === 0x1f) throw new CmsError('a tag of several bytes');
  const first = byteAt(data, start + 1);
  if (first === 0x80) return readIndefinite(data, start + 2, tag, depth);
  const { length, at } = readLength(data, start + 1, first);
  const end = at + length;
  if (end > data.length) throw new CmsError('cut off');
  const bytes = data.subarray(at, end);
  if (!(tag & CONSTRUCTED)) return { value: { tag, bytes, parts: [] }, end };
  const parts: Value[] = [];
  for (let next = at; next < end; ) {
    const inner = readValue(data.subarray(0, end), next, depth + 1);
    parts.push(inner.value);
    next = inner.end;
  }
  return { value: { tag, bytes, parts }, end };
}

/** Until the end-of-contents octets. */
function readIndefinite(data: Uint8Array, start: number, tag: number, depth: number): { value: Value; end: number } {
  if (!(tag & CONSTRUCTED)) throw new CmsError('an indefinite length without parts');
  const parts: Value[] = [];
  let at = start;
  while (byteAt(data, at) !== 0 || byteAt(data, at + 1) !== 0) {
    const inner = readValue(data, at, depth + 1);
    parts.push(inner.value);
    at = inner.end;
  }
  return { value: { tag, bytes: data.subarray(start, at), parts }, end: at + 2 };
}

function readLength(data: Uint8Array, at: number, first: number): { length: number; at: number } {
  if (first < 0x80) return { length: first, at: at + 1 };
  const count = first & 0x7f;
  if (count > 3) throw new CmsError('a length of too many bytes');
  let length = 0;
  for (let i = 1; i <= count; i++) length = length * 256 + byteAt(data, at + i);
  return { length, at: at + 1 + count };
}

function byteAt(data: Uint8Array, at: number): number {
  const byte = data[at];
  if (byte === undefined) throw new CmsError('cut off');
  return byte;
}
