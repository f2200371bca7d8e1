import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ReadFile, readVector, type VectorRow } from '../vectors/run-vector.ts';
import { verifyEvidence } from '../verify.ts';

const OWN = new URL('../../../../vectors/attestation/', import.meta.url);
const SHARED = new URL('../../../../../shared/attestation-vectors/', import.meta.url);
const KINDS = ['sev-snp', 'nitro'];

const rows = [OWN, SHARED].flatMap((folder) =>
  rowsIn(folder).map((row): [string, VectorRow, ReadFile] => [row.id, row, readerOf(folder, row)]),
);
const accepted = rows.filter(([, { expected }]) => expected.verdict.startsWith('accept'));

test('there are rows to look at', () => expect(accepted.length).toBeGreaterThan(4));

test.each(accepted)('%s is refused for its chain without its anchor', async (_, row, readFile) => {
  const { evidence, options } = await readVector(row, readFile);
  const withheld = await verifyEvidence(evidence, { ...options, anchors: [] });
  expect(withheld.verdict).toBe('not-verified');
  expect(withheld.checks).toContainEqual(expect.objectContaining({ id: 'chain', status: 'failed' }));
});

test.each(rowsIn(SHARED).map((row): [string, SharedRow] => [row.id, row]))('%s says what its source reads in it', async (_, row) => {
  const { evidence, options } = await readVector(row, readerOf(SHARED, row));
  const { claims } = await verifyEvidence(evidence, { ...options, at: options.at || 0 });
  const fields = row.expected_fields;
  if (!fields || !claims) return;
  if (row.tee === 'nitro') {
    const nonzero = Object.entries(claims.registers).filter(([, value]) => !/^0*$/.test(value));
    expect(Object.fromEntries(nonzero.map(([pcr, value]) => [pcr.slice(3), value]))).toEqual(fields.pcrs_nonzero);
    expect(claims.details.module_id).toBe(fields.module_id);
  } else {
    expect(claims).toMatchObject({
      reportData: fields.report_data,
      registers: { measurement: fields.measurement, host_data: fields.host_data, id_key_digest: fields.id_key_digest },
      details: {
        report_version: String(fields.version),
        vmpl: String(fields.vmpl),
        policy: fields.policy,
        guest_svn: String(fields.guest_svn),
      },
    });
  }
});

interface SharedRow extends VectorRow {
  readonly expected_fields?: Readonly<Record<string, unknown>> | null;
}

function rowsIn(folder: URL): SharedRow[] {
  const index = new URL('index.json', folder);
  if (!existsSync(index)) return [];
  const { vectors }: { vectors: SharedRow[] } = JSON.parse(readFileSync(index, 'utf8'));
  return vectors.filter(({ tee }) => KINDS.includes(tee));
}

function readerOf(folder: URL, row: VectorRow): ReadFile {
  return async (name) => {
    const file = new URL(`${row.id}/${name}`, folder);
    return existsSync(file) ? Uint8Array.from(readFileSync(file)) : undefined;
  };
}
