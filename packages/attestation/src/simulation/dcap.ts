/** A made-up Intel machine: quotes of TDX and SGX and their collateral in the real formats, below a made-up root. */
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import type { Collateral, TcbStatus } from '../dcap/collateral.ts';
import { TAG } from '../der.ts';
import { createKey, extension, type Issuer, issueCertificate, issueCrl, name, type SigningKey, signRaw, toPem } from './authority.ts';
import { integer, octets, oid, sequence } from './der-writer.ts';

export interface DcapMachine {
  /** DER: the trust anchor. */
  readonly root: Uint8Array<ArrayBuffer>;
  readonly at: Date;
  readonly fmspc: string;
  readonly rootIssuer: Issuer;
  readonly ca: Issuer;
  readonly tcbSigner: SigningKey;
  readonly pck: SigningKey;
  readonly attestationKey: SigningKey;
  /** PEM: PCK certificate, CA, root. */
  readonly pckChain: string;
  readonly caChain: string;
  readonly tcbChain: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SGX = '1.2.840.113741.1.13.1';
const SVN = 5;
const PCE_SVN = 11;
const PCK_SERIAL = Uint8Array.of(0x95, 3);
const QE_SIGNER = new Uint8Array(32).fill(0xdc);

export interface MachineOptions {
  /** 6 bytes. */
  readonly fmspc?: string;
  /** 16 bytes. */
  readonly ppid?: string;
  /** How long before and after `at` the certificates are valid. Default 180. */
  readonly lifetimeDays?: number;
}

export async function createDcapMachine(
  at: Date,
  { fmspc = '5a5a5a5a5a5a', ppid = '07'.repeat(16), lifetimeDays = 180 }: MachineOptions = {},
): Promise<DcapMachine> {
  const window = { notBefore: at.getTime() - lifetimeDays * DAY_MS, notAfter: at.getTime() + lifetimeDays * DAY_MS };
  const rootIssuer: Issuer = { key: await createKey(), subject: name('Simulated SGX Root CA') };
  const ca: Issuer = { key: await createKey(), subject: name('Simulated SGX PCK Platform CA') };
  const [tcbSigner, pck, attestationKey] = await Promise.all([createKey(), createKey(), createKey()]);
  const issue = (
    issuer: Issuer,
    serial: Uint8Array,
    fields: { subject: Uint8Array; spki: Uint8Array; ca?: { maxPathLength: number } },
    ...more: Uint8Array[]
  ) => issueCertificate(issuer, { serial, ...window, ...fields, extensions: more });
  const root = await issue(rootIssuer, Uint8Array.of(1), {
    subject: rootIssuer.subject,
    spki: rootIssuer.key.spki,
    ca: { maxPathLength: 1 },
  });
  const caCertificate = await issue(rootIssuer, Uint8Array.of(2), { subject: ca.subject, spki: ca.key.spki, ca: { maxPathLength: 0 } });
  const signer = await issue(rootIssuer, Uint8Array.of(4), { subject: name('Simulated SGX TCB Signing'), spki: tcbSigner.spki });
  const leaf = await issue(ca, PCK_SERIAL, { subject: name('Simulated SGX PCK'), spki: pck.spki }, sgxExtension(fmspc, ppid));
  return {
    root,
    at,
    fmspc,
    rootIssuer,
    ca,
    tcbSigner,
    pck,
    attestationKey,
    pckChain: toPem(leaf, caCertificate, root),
    caChain: toPem(caCertificate, root),
    tcbChain: toPem(signer, root),
  };
}

/** Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5. */
function sgxExtension(fmspc: string, ppid: string): Uint8Array {
  const field = (id: string, value: Uint8Array) => sequence(oid(`${SGX}.${id}`), value);
  const components = Array.from({ length: 16 }, (_, index) => field(`2.${index + 1}`, integer(SVN)));
  const tcb = sequence(...components, field('2.17', integer(PCE_SVN)), field('2.18', octets(new Uint8Array(16).fill(SVN))));
  const fields = [
    field('1', octets(fromHex(ppid))),
    field('2', tcb),
    field('3', octets(new Uint8Array(2))),
    field('4', octets(fromHex(fmspc))),
    field('5', integer(0, TAG.enumerated)),
  ];
  return extension(SGX, false, sequence(...fields));
}

export interface QuoteContent {
  /** `td15` and version 5 go together; version 3 is SGX's. */
  readonly kind?: 'td10' | 'td15' | 'enclave';
  readonly version?: 3 | 4 | 5;
  /** 64 bytes. */
  readonly reportData?: Uint8Array;
  readonly teeTcbSvn?: Uint8Array;
  readonly tdAttributes?: Uint8Array;
  readonly enclaveAttributes?: Uint8Array;
  readonly mrSignerSeam?: Uint8Array;
  /** 48 bytes each. */
  readonly mrSeam?: Uint8Array;
  readonly mrTd?: Uint8Array;
  readonly mrConfigId?: Uint8Array;
  readonly rtmrs?: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly mrEnclave?: Uint8Array;
  readonly qeAuthData?: Uint8Array;
  readonly qeIsvSvn?: number;
  readonly qeMrSigner?: Uint8Array;
  /** 16 bytes. */
  readonly qeVendorId?: Uint8Array;
  readonly seamAttributes?: Uint8Array;
  /** Signs the quote and stands in it, while the quoting enclave vouches for the machine's own. */
  readonly attestationKey?: SigningKey;
  /** Signs the quoting enclave's report in the processor's place. */
  readonly pck?: SigningKey;
}

/** SEPT_VE_DISABLE. */
const TD_ATTRIBUTES = Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0);
/** INIT, MODE64BIT; x87 and SSE. */
const ENCLAVE_ATTRIBUTES = Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0);

export async function writeQuote(machine: DcapMachine, content: QuoteContent = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { kind = 'td10', version = kind === 'td15' ? 5 : 4, qeAuthData = new Uint8Array(32).fill(1) } = content;
  const body = kind === 'enclave' ? enclaveBody({ ...content, isvProdId: 7, isvSvn: 1 }) : tdBody(content, kind);
  const header = concatBytes(
    little(2, version),
    little(2, 2),
    little(4, kind === 'enclave' ? 0 : 0x81),
    new Uint8Array(4),
    content.qeVendorId ?? fromHex('939a7233f79c4ca9940a0db3957f0607'),
    new Uint8Array(20),
  );
  const type = { enclave: 1, td10: 2, td15: 3 }[kind];
  const signed = concatBytes(header, ...(version === 5 ? [little(2, type), little(4, body.length)] : []), body);
  const { attestationKey = machine.attestationKey, pck = machine.pck } = content;
  const vouched = concatBytes(machine.attestationKey.spki.slice(-64), qeAuthData);
  const bound = new Uint8Array(await crypto.subtle.digest('SHA-256', vouched));
  const qeReport = enclaveBody({
    isvProdId: kind === 'enclave' ? 1 : 2,
    isvSvn: content.qeIsvSvn ?? SVN,
    mrSigner: content.qeMrSigner ?? QE_SIGNER,
    enclaveAttributes: fromHex('11000000000000000000000000000000'),
    reportData: concatBytes(bound, new Uint8Array(32)),
  });
  const chain = new TextEncoder().encode(`${machine.pckChain}\0`);
  const certification = concatBytes(
    qeReport,
    await signRaw(pck, qeReport),
    little(2, qeAuthData.length),
    qeAuthData,
    little(2, 5),
    little(4, chain.length),
    chain,
  );
  const wrapped = version === 3 ? certification : concatBytes(little(2, 6), little(4, certification.length), certification);
  const signatureData = concatBytes(await signRaw(attestationKey, signed), attestationKey.spki.slice(-64), wrapped);
  return concatBytes(signed, little(4, signatureData.length), signatureData);
}

function tdBody(content: QuoteContent, kind: 'td10' | 'td15'): Uint8Array {
  const register = (fill: number) => new Uint8Array(48).fill(fill);
  const { rtmrs = [register(0x10), register(0x11), register(0x12), register(0x13)] } = content;
  return concatBytes(
    content.teeTcbSvn ?? Uint8Array.of(SVN, 1, ...Array(14).fill(SVN)),
    content.mrSeam ?? register(0x5e),
    content.mrSignerSeam ?? register(0),
    content.seamAttributes ?? new Uint8Array(8),
    content.tdAttributes ?? TD_ATTRIBUTES,
    fromHex('e702060000000000'),
    content.mrTd ?? register(0x7d),
    content.mrConfigId ?? register(0),
    register(0),
    register(0),
    ...rtmrs,
    content.reportData ?? new Uint8Array(64).fill(0xda),
    ...(kind === 'td15' ? [new Uint8Array(16).fill(SVN), register(0)] : []),
  );
}

function enclaveBody(content: QuoteContent & { isvProdId: number; isvSvn: number; mrSigner?: Uint8Array }): Uint8Array {
  return concatBytes(
    new Uint8Array(16).fill(SVN),
    new Uint8Array(32),
    content.enclaveAttributes ?? ENCLAVE_ATTRIBUTES,
    content.mrEnclave ?? new Uint8Array(32).fill(0xee),
    new Uint8Array(32),
    content.mrSigner ?? new Uint8Array(32).fill(0x51),
    new Uint8Array(96),
    little(2, content.isvProdId),
    little(2, content.isvSvn),
    new Uint8Array(60),
    content.reportData ?? new Uint8Array(64).fill(0xda),
  );
}

export interface CollateralContent {
  readonly tee?: 'tdx' | 'sgx';
  /** Status of the machine's own level, of its TDX module and of its quoting enclave; above each stands an UpToDate level it lacks. */
  readonly status?: TcbStatus;
  readonly moduleStatus?: TcbStatus;
  readonly qeStatus?: TcbStatus;
  readonly advisories?: readonly string[];
  /** Date of the UpToDate level that the machine lacks. */
  readonly fixedAt?: Date;
  readonly issuedAt?: Date;
  readonly fmspc?: string;
  readonly pceId?: string;
  /** What every level asks of the provisioning enclave. */
  readonly pceSvn?: number;
  readonly evaluationNumber?: number;
  /** The root's list names the CA, or the CA's list names the processor. */
  readonly revokes?: 'ca' | 'pck' | 'tcb-signer';
  /** Who signs, if not the machine's own authorities. */
  readonly tcbSigner?: SigningKey;
  readonly tcbChain?: string;
}

/** Everything is issued at `issuedAt` (the machine's own time by default) for 30 days. */
export async function writeCollateral(machine: DcapMachine, content: CollateralContent = {}): Promise<Collateral> {
  const { issuedAt = machine.at, revokes, tcbSigner = machine.tcbSigner, tcbChain = machine.tcbChain } = content;
  const window = { thisUpdate: issuedAt.getTime(), nextUpdate: issuedAt.getTime() + 30 * DAY_MS };
  const tcbInfo = JSON.stringify(tcbInfoOf(machine, content, window));
  const qeIdentity = JSON.stringify(qeIdentityOf(machine, content, window));
  const sign = async (text: string) => toHex(await signRaw(tcbSigner, new TextEncoder().encode(text)));
  const rootRevoked = revokes === 'ca' ? [Uint8Array.of(2)] : revokes === 'tcb-signer' ? [Uint8Array.of(4)] : [];
  return {
    tcb_info: tcbInfo,
    tcb_info_signature: await sign(tcbInfo),
    tcb_info_issuer_chain: tcbChain,
    qe_identity: qeIdentity,
    qe_identity_signature: await sign(qeIdentity),
    qe_identity_issuer_chain: tcbChain,
    root_ca_crl: toHex(await issueCrl(machine.rootIssuer, { ...window, revoked: rootRevoked })),
    pck_crl: toHex(await issueCrl(machine.ca, { ...window, revoked: revokes === 'pck' ? [PCK_SERIAL] : [] })),
    pck_crl_issuer_chain: machine.caChain,
  };
}

interface Window {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

function tcbInfoOf(machine: DcapMachine, content: CollateralContent, window: Window): object {
  const { tee = 'tdx', status = 'UpToDate', moduleStatus = 'UpToDate', fmspc = machine.fmspc } = content;
  const module = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
  const tcb = (svn: number) => ({
    sgxtcbcomponents: Array.from({ length: 16 }, () => ({ svn })),
    pcesvn: content.pceSvn ?? PCE_SVN,
    ...(tee === 'tdx' ? { tdxtcbcomponents: Array.from({ length: 16 }, () => ({ svn })) } : {}),
  });
  const tdx = {
    tdxModule: module,
    tdxModuleIdentities: [{ id: 'TDX_01', ...module, tcbLevels: isvLevels(machine, content, moduleStatus) }],
  };
  return {
    id: tee === 'tdx' ? 'TDX' : 'SGX',
    version: 3,
    ...dates(content, window),
    fmspc,
    pceId: content.pceId ?? '0000',
    tcbType: 0,
    ...(tee === 'tdx' ? tdx : {}),
    tcbLevels: levels(machine, content, status, tcb),
  };
}

function qeIdentityOf(machine: DcapMachine, content: CollateralContent, window: Window): object {
  const { tee = 'tdx', qeStatus = 'UpToDate' } = content;
  return {
    id: tee === 'tdx' ? 'TD_QE' : 'QE',
    version: 2,
    ...dates(content, window),
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: '11000000000000000000000000000000',
    attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
    mrsigner: toHex(QE_SIGNER),
    isvprodid: tee === 'tdx' ? 2 : 1,
    tcbLevels: isvLevels(machine, content, qeStatus),
  };
}

function dates({ evaluationNumber = 17 }: CollateralContent, { thisUpdate, nextUpdate }: Window): object {
  return { issueDate: iso(thisUpdate), nextUpdate: iso(nextUpdate), tcbEvaluationDataNumber: evaluationNumber };
}

function isvLevels(machine: DcapMachine, content: CollateralContent, status: TcbStatus): object[] {
  return levels(machine, content, status, (isvsvn) => ({ isvsvn }));
}

function levels(machine: DcapMachine, content: CollateralContent, status: TcbStatus, tcb: (svn: number) => object): object[] {
  const { fixedAt = new Date(machine.at.getTime() - 60 * DAY_MS), advisories = [] } = content;
  const better = { tcb: tcb(SVN + 1), tcbDate: iso(fixedAt.getTime()), tcbStatus: 'UpToDate' };
  const own = {
    tcb: tcb(SVN),
    tcbDate: iso(machine.at.getTime() - 90 * DAY_MS),
    tcbStatus: status,
    ...(advisories.length > 0 ? { advisoryIDs: advisories } : {}),
  };
  return [better, own];
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}

function little(size: number, value: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (value >> (8 * index)) & 0xff);
}
