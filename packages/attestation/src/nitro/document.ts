/** The attestation document of AWS Nitro Enclaves: COSE_Sign1 around a CBOR map. */
import { concatBytes, equalBytes, ParseError } from '../bytes.ts';
import { decodeStrictCbor } from './cbor.ts';

/** AWS nitro-enclaves-nsm-api, docs/attestation_process.md §3.1. */
export interface NitroDocument {
  readonly moduleId: string;
  readonly timestamp: Date;
  /** Register index to value; locked registers only. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** DER of the certificate whose key signed the document; lives about three hours. */
  readonly certificate: Uint8Array;
  /** DER of the issuers, root first. */
  readonly cabundle: readonly Uint8Array[];
  readonly publicKey?: Uint8Array;
  readonly userData?: Uint8Array;
  readonly nonce?: Uint8Array;
}

export interface SignedNitroDocument {
  readonly document: NitroDocument;
  /** The Sig_structure of RFC 9052 §4.4: what the signature covers. */
  readonly signedBytes: Uint8Array<ArrayBuffer>;
  /** ECDSA P-384 as r and s of 48 bytes each, big-endian (RFC 9053 §2.1). */
  readonly signature: Uint8Array;
}

/** Real documents have 4 to 6 kB; the field limits allow no more than this. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** The map {1: -35}: ES384 and nothing else. Compared as bytes, so no other algorithm and no other spelling is ever looked at. */
const PROTECTED_ES384 = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);

const PCR_BYTES: readonly number[] = [32, 48, 64];

/**
 * Reads a document and enforces AWS's field limits. Nothing is verified.
 * Throws a ParseError that names the field.
 */
export function parseNitroDocument(bytes: Uint8Array): SignedNitroDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES) throw new ParseError(`the document is larger than ${MAX_DOCUMENT_BYTES} bytes`);
  // The tag of COSE_Sign1 (18) is optional: RFC 9052 §4.2.
  const message = decodeStrictCbor(bytes[0] === 0xd2 ? bytes.subarray(1) : bytes);
  if (!Array.isArray(message) || message.length !== 4) throw new ParseError('COSE_Sign1 is an array of four');
  const [protectedHeader, unprotectedHeader, payload, signature]: unknown[] = message;
  const header = byteString(protectedHeader, 'protected header', 0, 64);
  if (!equalBytes(header, PROTECTED_ES384)) throw new ParseError('the protected header is not exactly ES384');
  if (!(unprotectedHeader instanceof Map) || unprotectedHeader.size > 0) throw new ParseError('the unprotected header is not empty');
  const content = byteString(payload, 'payload', 1, MAX_DOCUMENT_BYTES);
  return {
    document: readFields(decodeStrictCbor(content, { openMap: true })),
    signedBytes: sigStructure(header, content),
    signature: byteString(signature, 'signature', 96, 96),
  };
}

/** RFC 9052 §4.4: ["Signature1", protected, external_aad = empty, payload], in the one encoding CBOR's core rules allow. */
export function sigStructure(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const context = new TextEncoder().encode('Signature1');
  return concatBytes(
    Uint8Array.of(0x84, 0x60 | context.length),
    context,
    bytesHead(protectedHeader.length),
    protectedHeader,
    bytesHead(0),
    bytesHead(payload.length),
    payload,
  );
}

function readFields(content: unknown): NitroDocument {
  if (!(content instanceof Map)) throw new ParseError('the payload is not a map');
  const fields = new Map<unknown, unknown>(content);
  const moduleId = fields.get('module_id');
  if (typeof moduleId !== 'string' || moduleId === '') throw new ParseError('module_id is not a text');
  if (fields.get('digest') !== 'SHA384') throw new ParseError('digest is not SHA384');
  const timestamp = fields.get('timestamp');
  if (typeof timestamp !== 'number' || timestamp <= 0 || timestamp > MAX_TIMESTAMP_MS)
    throw new ParseError('timestamp is not a time in milliseconds');
  const cabundle = fields.get('cabundle');
  if (!Array.isArray(cabundle) || cabundle.length < 1 || cabundle.length > MAX_CERTIFICATES)
    throw new ParseError('cabundle is not a short list');
  const optional = (name: string, min: number, max: number) => {
    const value = fields.get(name);
    return value === undefined || value === null ? undefined : byteString(value, name, min, max);
  };
  const publicKey = optional('public_key', 1, 1024);
  const userData = optional('user_data', 0, 512);
  const nonce = optional('nonce', 0, 512);
  return {
    moduleId,
    timestamp: new Date(timestamp),
    pcrs: readPcrs(fields.get('pcrs')),
    certificate: byteString(fields.get('certificate'), 'certificate', 1, 1024),
    cabundle: cabundle.map((item: unknown) => byteString(item, 'cabundle', 1, 1024)),
    ...(publicKey && { publicKey }),
    ...(userData && { userData }),
    ...(nonce && { nonce }),
  };
}

/** The end of ECMAScript's calendar. */
const MAX_TIMESTAMP_MS = 8.64e15;

/** AWS's chains have four issuers; the specification gives no limit. */
const MAX_CERTIFICATES = 8;

function readPcrs(value: unknown): Map<number, Uint8Array> {
  if (!(value instanceof Map) || value.size < 1 || value.size > 32) throw new ParseError('pcrs is not a map of 1 to 32 registers');
  const pcrs = new Map<number, Uint8Array>();
  for (const [index, item] of new Map<unknown, unknown>(value)) {
    if (typeof index !== 'number' || index < 0 || index > 31) throw new ParseError('pcrs has an index outside 0 to 31');
    const pcr = byteString(item, `PCR${index}`, 32, 64);
    if (!PCR_BYTES.includes(pcr.length)) throw new ParseError(`PCR${index} has ${pcr.length} bytes`);
    pcrs.set(index, pcr);
  }
  return pcrs;
}

function byteString(value: unknown, name: string, min: number, max: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ParseError(`${name} is not a byte string`);
  if (value.length < min || value.length > max) throw new ParseError(`${name} has ${value.length} bytes, allowed are ${min} to ${max}`);
  return value;
}

/** Head of a CBOR byte string below 64 KiB in its shortest form (RFC 8949 §3). */
function bytesHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  return Uint8Array.of(0x59, length >> 8, length & 0xff);
}
