import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { flipBit, quoteLength, signatureDataAt, signedPartsOf } from '../testing/signed-parts.ts';
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

const accepted = rows.filter(([, { expected }]) => expected.verdict.startsWith('accept'));
const quotes = accepted.filter(([, { tee }]) => tee === 'tdx' || tee === 'sgx');

/** All of them are looked at by `npm run fuzz`. */
const SAMPLES = 12;

test.each(accepted)('%s: a flipped bit of any signed part is refused', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  for (const { name, bytes, put } of signedPartsOf(evidence)) {
    for (let sample = 0; sample < SAMPLES; sample++) {
      const bit = Math.floor((8 * bytes.length * sample) / SAMPLES) + ((7 * sample) % 8);
      const { verdict } = await verifyEvidence(put(flipBit(bytes, bit)), options);
      expect(verdict, `${name}, bit ${bit}`).toBe('not-verified');
    }
  }
});

test.each(accepted)('%s: a signed part cut at any length is refused', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  for (const { name, bytes, put } of signedPartsOf(evidence)) {
    for (const length of [0, 1, bytes.length >> 1, bytes.length - 1]) {
      const { verdict } = await verifyEvidence(put(bytes.slice(0, length)), options);
      expect(verdict, `${length} bytes of ${name}`).toBe('not-verified');
    }
  }
});

test.each(quotes)('%s: a quote cut at any length is malformed', async (_, row, readFile) => {
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

test.each(quotes)('%s: lengths near the limits of integers are malformed', async (_, row, readFile) => {
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
