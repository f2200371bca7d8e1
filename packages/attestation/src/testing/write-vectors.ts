/** Writes this project's own vectors: `node write-vectors.ts FOLDER [TEE...]`. Keys are made up anew and thrown away. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Tee } from '../policy.ts';
import { toPem } from '../simulation/authority.ts';
import {
  type CollateralContent,
  createDcapMachine,
  type DcapMachine,
  type QuoteContent,
  writeCollateral,
  writeQuote,
} from '../simulation/dcap.ts';
import { createNitroMachine, type NitroContent, writeNitroDocument } from '../simulation/nitro.ts';
import { createSnpMachine, type SnpContent, type SnpMachine, writeSnpCrl, writeSnpEvidence } from '../simulation/sev-snp.ts';
import type { VectorRow } from '../vectors/run-vector.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;
type Expected = VectorRow['expected'];

const AT = new Date('2026-03-01T12:00:00Z');
const LATER = new Date('2026-03-01T18:00:00Z');
const ACCEPT: Expected = { verdict: 'accept' };
const reject = (...reason: string[]): Expected => ({ verdict: 'reject', reason });

async function nitroRows(write: Writer): Promise<VectorRow[]> {
  const machine = await createNitroMachine(AT);
  const anchor = toPem(machine.root);
  const userData = new Uint8Array(64).fill(0xda);
  const row = async (id: string, expected: Expected, content: Partial<NitroContent> = {}, alter = keep, at = AT) =>
    write(`nitro/${id}`, 'nitro', expected, at, 'root.pem', {
      'document.cbor': alter(await writeNitroDocument(machine, { at: AT, userData, ...content })),
      'root.pem': anchor,
    });
  const zero = new Uint8Array(48);
  return Promise.all([
    row('baseline', ACCEPT),
    row('debug', reject('debug'), { pcrs: new Map([0, 1, 2].map((index) => [index, zero])) }),
    row('signature-flipped', reject('signature'), {}, flipLast),
    row('trailing-byte', reject('parse'), {}, (bytes) => Uint8Array.of(...bytes, 0)),
    row('truncated', reject('parse'), {}, (bytes) => bytes.slice(0, -1)),
    row('digest-sha256', reject('parse'), { fields: { digest: 'SHA256' } }),
    row('nonce-too-long', reject('parse'), { nonce: new Uint8Array(513) }),
    row('leaf-ended', reject('chain'), {}, keep, LATER),
  ]);
}

async function snpRows(write: Writer): Promise<VectorRow[]> {
  const genoa = await createSnpMachine(AT, 'Genoa');
  const others = await Promise.all([createSnpMachine(AT, 'Milan'), createSnpMachine(AT, 'Turin'), createSnpMachine(AT, 'Genoa', 'VLEK')]);
  const [milan, turin, shared] = others;
  const row = async (id: string, machine: SnpMachine, expected: Expected, content: SnpContent = {}, alter = keep, more: Files = {}) => {
    const evidence = await writeSnpEvidence(machine, content);
    return write(`sev-snp/${id}`, 'sev-snp', expected, AT, 'ask_ark.pem', {
      'report.bin': alter(Uint8Array.from(evidence.report)),
      [`${machine.kind.toLowerCase()}.der`]: machine.certificate,
      'ask_ark.pem': toPem(...evidence.issuers),
      'ark.crl': await writeSnpCrl(machine, AT),
      ...more,
    });
  };
  const pin = (policy: object) => ({ 'policy.json': JSON.stringify({ policy }) });
  return Promise.all([
    row('milan-v2', milan, ACCEPT, { version: 2 }),
    row('genoa-v5', genoa, ACCEPT),
    row('turin-v5', turin, ACCEPT),
    row('genoa-vlek', shared, { verdict: 'accept-with-warning' }),
    row('signature-flipped', genoa, reject('signature'), {}, (bytes) => flip(bytes, 0x2a0)),
    row('truncated', genoa, reject('parse'), {}, (bytes) => bytes.slice(0, -1)),
    row('turin-other-fmc', turin, reject('tcb-certificate'), { tcb: { ...turin.tcb, fmc: 2 } }),
    row('turin-other-chip', turin, reject('hwid'), { chipId: new Uint8Array(64).fill(0xc5) }),
    row('vmpl-1', genoa, reject('attributes'), { vmpl: 1 }),
    row('reserved-policy-bit', genoa, reject('attributes'), { policy: 0x30000n | (1n << 60n) }),
    row('ask-revoked', genoa, reject('crl'), {}, keep, { 'ark.crl': await writeSnpCrl(genoa, AT, { isAskRevoked: true }) }),
    row('crl-flipped', genoa, reject('crl'), {}, keep, { 'ark.crl': flipLast(await writeSnpCrl(genoa, AT)) }),
    row('host-data-pinned', genoa, reject('policy-measurement'), {}, keep, pin({ expected_host_data_hex: '01'.repeat(32) })),
    row('microcode-floor', genoa, reject('policy-tcb-floor'), {}, keep, pin({ min_tcb_ucode_spl: 85 })),
  ]);
}

interface DcapRow {
  readonly quote?: QuoteContent;
  readonly collateral?: CollateralContent;
  readonly alter?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  readonly omit?: readonly string[];
  readonly at?: Date;
  readonly policy?: object;
}

const DEBUG_TD = Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0);
const MOVABLE_TD = Uint8Array.of(0, 0, 0, 0x30, 0, 0, 0, 0);
const MONTH_LATER = new Date('2026-04-02T12:00:00Z');

function dcapWriter(write: Writer, tee: 'tdx' | 'sgx', machine: DcapMachine) {
  return async (
    id: string,
    expected: Expected,
    { quote = {}, collateral = {}, alter = keep, omit = [], at = AT, policy }: DcapRow = {},
  ) => {
    const texts = Object.entries(await writeCollateral(machine, { tee, ...collateral })).filter(([name]) => !omit.includes(name));
    const files = texts.length > 0 ? { 'collateral.json': JSON.stringify(Object.fromEntries(texts)) } : {};
    return write(`${tee}/${id}`, tee, expected, at, 'root.pem', {
      'quote.bin': alter(await writeQuote(machine, quote)),
      'root.pem': toPem(machine.root),
      ...files,
      ...(policy ? { 'policy.json': JSON.stringify(policy) } : {}),
    });
  };
}

async function tdxRows(write: Writer): Promise<VectorRow[]> {
  const row = dcapWriter(write, 'tdx', await createDcapMachine(AT));
  return Promise.all([
    row('v4', ACCEPT),
    row('v5-td15', ACCEPT, { quote: { kind: 'td15' } }),
    row('auth-data-empty', ACCEPT, { quote: { qeAuthData: new Uint8Array(0) } }),
    row(
      'hardening-needed',
      { verdict: 'accept-with-warning' },
      { collateral: { status: 'SWHardeningNeeded', advisories: ['INTEL-SA-00615'] } },
    ),
    row('out-of-date', reject('tcb-status'), { collateral: { status: 'OutOfDate' } }),
    row('module-revoked', reject('tcb-status'), { collateral: { moduleStatus: 'Revoked' } }),
    row('module-unknown', reject('tcb-status'), { quote: { teeTcbSvn: Uint8Array.of(5, 9, ...Array(14).fill(5)) } }),
    row('debug', reject('debug'), { quote: { tdAttributes: DEBUG_TD } }),
    row('movable', reject('migration'), { quote: { tdAttributes: MOVABLE_TD } }),
    row('binds-nothing', reject('report-data'), { quote: { reportData: new Uint8Array(64) } }),
    row('body-flipped', reject('signature'), { alter: (bytes) => flip(bytes, 400) }),
    row('qe-report-flipped', reject('qe-report'), { alter: (bytes) => flip(bytes, 48 + 584 + 4 + 64 + 64 + 6) }),
    row('truncated', reject('parse'), { alter: (bytes) => bytes.slice(0, -1) }),
    row('processor-revoked', reject('crl'), { collateral: { revokes: 'pck' } }),
    row('signer-revoked', reject('crl'), { collateral: { revokes: 'tcb-signer' } }),
    row('root-list-missing', reject('crl'), { omit: ['root_ca_crl'] }),
    row('other-family', reject('tcb-info'), { collateral: { fmspc: '0102030405ff' } }),
    row('month-later', reject('tcb-info', 'qe-identity', 'crl'), { at: MONTH_LATER }),
    row('family-pinned', reject('policy-fmspc'), { policy: { expected_fmspc_hex: '000000000000' } }),
    row('build-pinned', reject('policy-measurement'), { policy: { expected_mrtd_hex: '00'.repeat(48) } }),
  ]);
}

async function sgxRows(write: Writer): Promise<VectorRow[]> {
  const machine = await createDcapMachine(AT);
  const row = dcapWriter(write, 'sgx', machine);
  const enclave = { kind: 'enclave', version: 3 } as const;
  return Promise.all([
    row('v3', ACCEPT, { quote: enclave }),
    row('v3-no-collateral', { verdict: 'signatures-only' }, { quote: enclave, omit: Object.keys(await writeCollateral(machine)) }),
    row('debug', reject('debug'), { quote: { ...enclave, enclaveAttributes: Uint8Array.of(7, ...Array(15).fill(0)) } }),
    row('qe-out-of-date', reject('tcb-status'), { quote: enclave, collateral: { qeStatus: 'OutOfDate' } }),
  ]);
}

type Writer = (id: string, tee: Tee, expected: Expected, at: Date, anchor: string, files: Files) => VectorRow;

function writerTo(folder: URL): Writer {
  return (id, tee, expected, at, anchor, contents) => {
    mkdirSync(new URL(id, folder), { recursive: true });
    const files = Object.entries(contents).map(([file, content]) => {
      writeFileSync(new URL(`${id}/${file}`, folder), content);
      return { file, sha256: createHash('sha256').update(content).digest('hex') };
    });
    const policy = 'policy.json' in contents ? 'policy.json' : 'default';
    return { id, tee, files, verify_at: at.toISOString(), expected, trust_anchor: anchor, policy };
  };
}

function keep(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes;
}

function flipLast(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return flip(bytes, bytes.length - 1);
}

function flip(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

const WRITERS: Readonly<Record<string, (write: Writer) => Promise<VectorRow[]>>> = {
  tdx: tdxRows,
  sgx: sgxRows,
  nitro: nitroRows,
  'sev-snp': snpRows,
};

const [, , path = '.', ...named] = process.argv;
const tees = named.length > 0 ? named : Object.keys(WRITERS);
const folder = pathToFileURL(`${path}/`);
const index = new URL('index.json', folder);
const others: VectorRow[] = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')).vectors : [];
const vectors = others.filter(({ tee }) => !tees.includes(tee));
for (const tee of tees) vectors.push(...((await WRITERS[tee]?.(writerTo(folder))) ?? []));
writeFileSync(index, `${JSON.stringify({ format: 2, vectors }, null, 1)}\n`);
