/** Writes this project's own Nitro and SEV-SNP vectors: `node write-vectors.ts FOLDER`. Keys are made up anew and thrown away. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { toPem } from './authority.ts';
import { createNitroMachine, type NitroContent, writeNitroDocument } from './nitro.ts';
import { createSnpMachine, type SnpContent, type SnpMachine, writeSnpCrl, writeSnpEvidence } from './sev-snp.ts';
import type { Row } from './vector-rows.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;
type Expected = Row['expected'];

const AT = new Date('2026-03-01T12:00:00Z');
const LATER = new Date('2026-03-01T18:00:00Z');
const ACCEPT: Expected = { verdict: 'accept' };
const reject = (...reason: string[]): Expected => ({ verdict: 'reject', reason });

async function nitroRows(write: Writer): Promise<Row[]> {
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

async function snpRows(write: Writer): Promise<Row[]> {
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

type Writer = (id: string, tee: string, expected: Expected, at: Date, anchor: string, files: Files) => Row;

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

const folder = pathToFileURL(`${process.argv[2] ?? '.'}/`);
const index = new URL('index.json', folder);
const others: Row[] = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')).vectors : [];
const kept = others.filter(({ tee }) => tee !== 'nitro' && tee !== 'sev-snp');
const write = writerTo(folder);
const vectors = [...kept, ...(await nitroRows(write)), ...(await snpRows(write))];
writeFileSync(index, `${JSON.stringify({ format: 2, vectors }, null, 1)}\n`);
