import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Evidence } from '../verify.ts';
import { verifyEvidence } from '../verify.ts';
import { type ReadFile, readVector, runVector, type VectorRow } from './run-vector.ts';

interface Row extends VectorRow {
  readonly expected_fields?: Readonly<Record<string, unknown>> | null;
}

const OWN = new URL('../../../../vectors/attestation/', import.meta.url);
const SHARED = new URL('../../../../../shared/attestation-vectors/', import.meta.url);
const rows = [OWN, SHARED].flatMap((folder) => rowsOf(folder).map((row): [string, Row, ReadFile] => [row.id, row, readerOf(folder, row)]));

function rowsOf(folder: URL): Row[] {
  const index = new URL('index.json', folder);
  return existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')).vectors : [];
}

function readerOf(folder: URL, row: Row): ReadFile {
  return async (name) => {
    const file = new URL(`${row.id}/${name}`, folder);
    return existsSync(file) ? Uint8Array.from(readFileSync(file)) : undefined;
  };
}

test('there are rows of every kind of evidence, accepted and refused', () => {
  const own = rowsOf(OWN);
  for (const tee of ['tdx', 'sgx', 'sev-snp', 'nitro']) {
    const verdicts = own.filter((row) => row.tee === tee).map(({ expected }) => expected.verdict);
    expect(verdicts, tee).toEqual(expect.arrayContaining(['accept', 'reject']));
  }
});

test.each(rows)('%s: verdict and reason agree', async (_, row, readFile) => {
  const { agrees, expected, actual } = await runVector(row, readFile);
  expect(agrees, JSON.stringify({ expected, actual })).toBe(true);
});

test.each(rows.filter(([, { tee, expected_fields }]) => (tee === 'tdx' || tee === 'sgx') && expected_fields))(
  '%s: the claims are what the source read',
  async (_, row, readFile) => {
    const { verification } = await runVector(row, readFile);
    const { registers, details, reportData } = verification.claims ?? {};
    const stated = { ...registers, ...details, report_data: reportData };
    const expected = Object.entries(row.expected_fields ?? {}).map(([name, value]) => [name, String(value)]);
    expect(stated).toMatchObject(Object.fromEntries(expected));
  },
);

const accepted = rows.filter(([, { tee, expected }]) => (tee === 'tdx' || tee === 'sgx') && expected.verdict.startsWith('accept'));

test.each(accepted)('%s: a flipped bit of a signed part is refused', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  let refused = 0;
  for (const { label, altered } of alterations(evidence)) {
    const { verdict } = await verifyEvidence(altered, options);
    expect(verdict, label).toBe('not-verified');
    refused++;
  }
  expect(refused).toBeGreaterThan(60);
});

test.each(accepted)('%s: a quote cut at any length is malformed', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  if (!('quote' in evidence)) throw new Error('Not a quote');
  const end = quoteLength(evidence.quote);
  const lengths = [0, 1, 2, 3, 47, 48, 49, ...Array.from({ length: 40 }, (_, index) => Math.floor((end * index) / 40)), end - 1];
  for (const length of lengths) {
    const { verdict, checks } = await verifyEvidence({ ...evidence, quote: evidence.quote.slice(0, length) }, options);
    expect(verdict, `${length} bytes`).toBe('not-verified');
    expect(checks).toEqual([expect.objectContaining({ id: 'parse', status: 'failed' })]);
  }
});

test.each(accepted)('%s: lengths near the limits of integers are malformed', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  if (!('quote' in evidence)) throw new Error('Not a quote');
  const at = signatureDataAt(evidence.quote);
  for (const length of [0, 1, 127, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    const quote = Uint8Array.from(evidence.quote);
    new DataView(quote.buffer).setUint32(at, length, true);
    const { checks } = await verifyEvidence({ ...evidence, quote }, options);
    expect(checks, `${length}`).toEqual([expect.objectContaining({ id: 'parse', status: 'failed' })]);
  }
});

function* alterations(evidence: Evidence): Generator<{ label: string; altered: Evidence }> {
  if (!('quote' in evidence)) throw new Error('Not a quote');
  const { quote, collateral = {} } = evidence;
  // Header, body, signature and attestation key; then the quoting enclave's report and its signature.
  const at = signatureDataAt(quote) + 4;
  const qeReportAt = at + 128 + (quote[0] === 3 ? 0 : 6);
  for (const [start, end] of [
    [8, at - 4],
    [at, at + 128],
    [qeReportAt, qeReportAt + 448],
  ] as const) {
    for (let bit = 8 * start; bit < 8 * end; bit += 8 * 41 + 3)
      yield { label: `quote bit ${bit}`, altered: { ...evidence, quote: flip(quote, bit) } };
  }
  for (const name of ['tcb_info', 'qe_identity'] as const) {
    const bytes = new TextEncoder().encode(collateral[name]);
    for (let bit = 0; bit < 8 * bytes.length; bit += Math.ceil((8 * bytes.length) / 8) + 1) {
      const text = new TextDecoder('latin1').decode(flip(bytes, bit));
      yield { label: `${name} bit ${bit}`, altered: { ...evidence, collateral: { ...collateral, [name]: text } } };
    }
  }
  for (const name of ['tcb_info_signature', 'qe_identity_signature', 'root_ca_crl', 'pck_crl'] as const) {
    const hex = collateral[name] ?? '';
    for (let digit = 0; digit < hex.length; digit += Math.ceil(hex.length / 6)) {
      const other = (Number.parseInt(hex[digit] ?? '0', 16) ^ 1).toString(16);
      const text = hex.slice(0, digit) + other + hex.slice(digit + 1);
      yield { label: `${name} digit ${digit}`, altered: { ...evidence, collateral: { ...collateral, [name]: text } } };
    }
  }
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

/** Where the length of the signature data stands. */
function signatureDataAt(quote: Uint8Array): number {
  const view = new DataView(quote.buffer, quote.byteOffset);
  const version = view.getUint16(0, true);
  if (version === 5) return 54 + view.getUint32(50, true);
  return 48 + (view.getUint32(4, true) === 0 ? 384 : 584);
}

function quoteLength(quote: Uint8Array): number {
  const at = signatureDataAt(quote);
  return at + 4 + new DataView(quote.buffer, quote.byteOffset).getUint32(at, true);
}
