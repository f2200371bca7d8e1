/** The attestation report of AMD SEV-SNP: AMD 56860 §7.3, Table 23. */
import { isAllZero, ParseError } from '../bytes.ts';

export const REPORT_BYTES = 1184;
const SIGNED_BYTES = 0x2a0;
const COMPONENT_BYTES = 72;
const P384_BYTES = 48;

/** 2 is Milan's first; 3 added CPUID, 5 the mitigation vectors. What is reserved in one is used in the next, so it is never looked at. */
const VERSIONS: readonly number[] = [2, 3, 4, 5];

const SIGNING_KEYS = ['VCEK', 'VLEK'] as const;
export type SigningKey = (typeof SIGNING_KEYS)[number];

export interface SnpReport {
  readonly version: number;
  readonly guestSvn: number;
  /** AMD 56860 §4.3, see `POLICY`. */
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  /** 0 is the most privileged level in the guest. */
  readonly vmpl: number;
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly hasAuthorKey: boolean;
  readonly isChipKeyMasked: boolean;
  /** Undefined if the report isn't signed, or by a kind of key unknown here. */
  readonly signingKey: SigningKey | undefined;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** CPUID family and model; from version 3 on. */
  readonly cpu?: { readonly family: number; readonly model: number };
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly launchTcb: Uint8Array;
  readonly signedBytes: Uint8Array;
  /** ECDSA P-384 over SHA-384 as r and s of 48 bytes each, big-endian. */
  readonly signature: Uint8Array;
}

/** Bits of the guest's policy: AMD 56860 §4.3, Table 9. */
export const POLICY = {
  smtAllowed: 1n << 16n,
  mustBeOne: 1n << 17n,
  migrationAgent: 1n << 18n,
  debug: 1n << 19n,
  /** Bits 20 to 25 are single socket, CXL, AES-256-XTS, RAPL off, ciphertext hiding and page swap off; the rest must be zero. */
  mustBeZero: ~((1n << 26n) - 1n) & ((1n << 64n) - 1n),
} as const;

/**
 * Reads a report. Nothing is verified.
 * Throws a ParseError.
 */
export function parseSnpReport(given: Uint8Array): SnpReport {
  // Of a Buffer `slice` is a view: what is taken from it must not change it.
  const bytes = new Uint8Array(given);
  if (bytes.length !== REPORT_BYTES) throw new ParseError(`the report has ${bytes.length} bytes instead of ${REPORT_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const take = (at: number, length: number) => bytes.slice(at, at + length);
  const version = view.getUint32(0, true);
  if (!VERSIONS.includes(version)) throw new ParseError(`report version ${version} is not known`);
  if (view.getUint32(0x34, true) !== 1) throw new ParseError('the signature algorithm is not ECDSA P-384 with SHA-384');
  const flags = view.getUint32(0x48, true);
  return {
    version,
    guestSvn: view.getUint32(0x04, true),
    policy: view.getBigUint64(0x08, true),
    familyId: take(0x10, 16),
    imageId: take(0x20, 16),
    vmpl: view.getUint32(0x30, true),
    currentTcb: take(0x38, 8),
    platformInfo: view.getBigUint64(0x40, true),
    hasAuthorKey: (flags & 1) === 1,
    isChipKeyMasked: (flags & 2) === 2,
    signingKey: SIGNING_KEYS[(flags >> 2) & 7],
    reportData: take(0x50, 64),
    measurement: take(0x90, 48),
    hostData: take(0xc0, 32),
    idKeyDigest: take(0xe0, 48),
    authorKeyDigest: take(0x110, 48),
    reportId: take(0x140, 32),
    reportedTcb: take(0x180, 8),
    ...(version >= 3 && { cpu: { family: view.getUint8(0x188), model: view.getUint8(0x189) } }),
    chipId: take(0x1a0, 64),
    committedTcb: take(0x1e0, 8),
    launchTcb: take(0x1f0, 8),
    signedBytes: take(0, SIGNED_BYTES),
    signature: readSignature(bytes),
  };
}

/** AMD 56860 Table 133: r and s are little-endian and padded to 72 bytes; what follows them is reserved and not signed, so it must be zero. */
function readSignature(bytes: Uint8Array): Uint8Array {
  const signature = new Uint8Array(2 * P384_BYTES);
  for (const [index, at] of [SIGNED_BYTES, SIGNED_BYTES + COMPONENT_BYTES].entries()) {
    if (!isAllZero(bytes.subarray(at + P384_BYTES, at + COMPONENT_BYTES))) throw new ParseError('the signature is out of range');
    signature.set(bytes.slice(at, at + P384_BYTES).reverse(), index * P384_BYTES);
  }
  if (!isAllZero(bytes.subarray(SIGNED_BYTES + 2 * COMPONENT_BYTES))) throw new ParseError('bytes after the signature are not zero');
  return signature;
}
