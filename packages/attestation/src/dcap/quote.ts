import { ByteReader, ParseError } from '../bytes.ts';
import { type Certificate, parseCertificate, parsePem } from '../x509.ts';

/**
 * A DCAP quote. Layouts: Intel SGX ECDSA Quote Library Reference for DCAP, appendix A (v3); Intel TDX DCAP Quoting Library API,
 * appendix A.3 (v4) and A.4 (v5). All fields are views of the input.
 */
export interface Quote {
  readonly version: 3 | 4 | 5;
  readonly qeVendorId: Uint8Array;
  readonly body: TdBody | EnclaveBody;
  /** What the attestation key signed: header and body. */
  readonly signed: Uint8Array;
  /** r and s. */
  readonly signature: Uint8Array;
  /** x and y on P-256. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: EnclaveBody;
  readonly qeReportBytes: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  /** Any length, also none. */
  readonly qeAuthData: Uint8Array;
  /** PCK certificate first; undefined where the quote refers to its certificate instead of carrying it. */
  readonly pckChain: readonly Certificate[] | undefined;
}

/** TD report of version 1.0, or 1.5 where the last two fields are there. */
export interface TdBody {
  readonly tee: 'tdx';
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtmrs: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly reportData: Uint8Array;
  readonly teeTcbSvn2?: Uint8Array;
  readonly mrServiceTd?: Uint8Array;
}

/** SGX enclave report, of an application or of the quoting enclave. */
export interface EnclaveBody {
  readonly tee: 'sgx';
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
}

const MAX_BYTES = 64 * 1024;
const HEADER_BYTES = 48;
const ENCLAVE_BYTES = 384;
const TD10_BYTES = 584;
const TD15_BYTES = 648;
const ECDSA_P256 = 2;
const TEE_SGX = 0;
const TEE_TDX = 0x81;
const PCK_CHAIN = 5;
const QE_REPORT_CERTIFICATION = 6;

/**
 * Throws a ParseError. What stands behind the quote is ignored: drivers hand out buffers of fixed size, nothing there is signed and
 * nothing of it is given back.
 */
export function parseQuote(bytes: Uint8Array): Quote {
  if (bytes.length > MAX_BYTES) throw new ParseError(`A quote has at most ${MAX_BYTES} bytes`);
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  const body = readBody(reader, header.version, header.tee);
  const signed = bytes.subarray(0, reader.offset);
  const signatureData = new ByteReader(reader.bytes(reader.uint32()));
  const signature = signatureData.bytes(64);
  const attestationKey = signatureData.bytes(64);
  const certification = header.version === 3 ? signatureData : qeReportCertification(signatureData);
  const qeReportBytes = certification.bytes(ENCLAVE_BYTES);
  const qeReportSignature = certification.bytes(64);
  const qeAuthData = certification.bytes(certification.uint16());
  const pckChain = readPckChain(certification);
  certification.end();
  signatureData.end();
  const qeReport = readEnclave(new ByteReader(qeReportBytes));
  return {
    version: header.version,
    qeVendorId: header.qeVendorId,
    body,
    signed,
    signature,
    attestationKey,
    qeReport,
    qeReportBytes,
    qeReportSignature,
    qeAuthData,
    pckChain,
  };
}

function readHeader(reader: ByteReader): { version: 3 | 4 | 5; tee: number; qeVendorId: Uint8Array } {
  const header = new ByteReader(reader.bytes(HEADER_BYTES));
  const version = header.uint16();
  if (version !== 3 && version !== 4 && version !== 5) throw new ParseError(`Quote version ${version} is not supported`);
  const keyType = header.uint16();
  if (keyType !== ECDSA_P256) throw new ParseError(`Attestation key type ${keyType} is not supported`);
  const tee = header.uint32();
  if (tee !== TEE_SGX && !(tee === TEE_TDX && version > 3)) throw new ParseError(`TEE type ${tee} is not supported in version ${version}`);
  header.bytes(4); // v3: security versions of QE and PCE, informative; v4 and v5: reserved.
  return { version, tee, qeVendorId: header.bytes(16) };
}

/** Version 5 says itself which body it has: 1 enclave, 2 TD 1.0, 3 TD 1.5. */
const BODY_TYPES: Partial<Record<number, { tee: number; size: number }>> = {
  1: { tee: TEE_SGX, size: ENCLAVE_BYTES },
  2: { tee: TEE_TDX, size: TD10_BYTES },
  3: { tee: TEE_TDX, size: TD15_BYTES },
};

function readBody(reader: ByteReader, version: number, tee: number): TdBody | EnclaveBody {
  if (version < 5) return tee === TEE_SGX ? readEnclave(reader) : readTd(reader, false);
  const type = reader.uint16();
  const size = reader.uint32();
  const known = BODY_TYPES[type];
  if (!known || known.tee !== tee || known.size !== size) throw new ParseError(`Body type ${type} with ${size} bytes is not supported`);
  return tee === TEE_SGX ? readEnclave(reader) : readTd(reader, size === TD15_BYTES);
}

function readTd(reader: ByteReader, isVersion15: boolean): TdBody {
  const body: TdBody = {
    tee: 'tdx',
    teeTcbSvn: reader.bytes(16),
    mrSeam: reader.bytes(48),
    mrSignerSeam: reader.bytes(48),
    seamAttributes: reader.bytes(8),
    tdAttributes: reader.bytes(8),
    xfam: reader.bytes(8),
    mrTd: reader.bytes(48),
    mrConfigId: reader.bytes(48),
    mrOwner: reader.bytes(48),
    mrOwnerConfig: reader.bytes(48),
    rtmrs: [reader.bytes(48), reader.bytes(48), reader.bytes(48), reader.bytes(48)],
    reportData: reader.bytes(64),
  };
  return isVersion15 ? { ...body, teeTcbSvn2: reader.bytes(16), mrServiceTd: reader.bytes(48) } : body;
}

function readEnclave(outer: ByteReader): EnclaveBody {
  const reader = new ByteReader(outer.bytes(ENCLAVE_BYTES));
  const cpuSvn = reader.bytes(16);
  const miscSelect = reader.bytes(4);
  reader.bytes(28); // reserved, extended product id
  const attributes = reader.bytes(16);
  const mrEnclave = reader.bytes(32);
  reader.bytes(32);
  const mrSigner = reader.bytes(32);
  reader.bytes(96); // reserved, configuration id
  const isvProdId = reader.uint16();
  const isvSvn = reader.uint16();
  reader.bytes(60); // configuration version, reserved, family id
  return { tee: 'sgx', cpuSvn, miscSelect, attributes, mrEnclave, mrSigner, isvProdId, isvSvn, reportData: reader.bytes(64) };
}

/** Version 4 and 5 wrap the quoting enclave's report as certification data of type 6. */
function qeReportCertification(signatureData: ByteReader): ByteReader {
  const type = signatureData.uint16();
  if (type !== QE_REPORT_CERTIFICATION) throw new ParseError(`Certification data of type ${type} where 6 belongs`);
  return new ByteReader(signatureData.bytes(signatureData.uint32()));
}

function readPckChain(reader: ByteReader): Certificate[] | undefined {
  const type = reader.uint16();
  const data = reader.bytes(reader.uint32());
  return type === PCK_CHAIN ? parsePem(new TextDecoder('latin1').decode(data)).map(parseCertificate) : undefined;
}
