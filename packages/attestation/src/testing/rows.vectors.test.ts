import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Certificate } from '../x509.ts';
import { anchorsOf, failedIds, type Row, readRows, rootsIn, verdictOf } from './vector-rows.ts';
import { verifyNitroRow, verifySevSnpRow } from './verify-row.ts';

const OWN = new URL('../../../../vectors/attestation/', import.meta.url);
const SHARED = new URL('../../../../../shared/attestation-vectors/', import.meta.url);
const FOLDERS = [OWN, SHARED].filter((folder) => existsSync(new URL('index.json', folder)));

const ROOTS = ['amd_ask_ark_milan', 'amd_ask_ark_genoa', 'amd_ask_ark_turin_vcek', 'amd_ask_ark_turin_vlek', 'aws_nitro_root_g1'];
const vendors = existsSync(SHARED) ? ROOTS.flatMap((name) => rootsIn(new URL(`roots/${name}.pem`, SHARED))) : [];

const KINDS = [
  { tee: 'sev-snp', verify: verifySevSnpRow },
  { tee: 'nitro', verify: verifyNitroRow },
];
const ACCEPTED = ['accept', 'accept-with-warning'];

describe.each(KINDS)('rows of $tee', ({ tee, verify }) => {
  const rows = FOLDERS.flatMap((folder) => readRows(folder, tee).map((row): [string, URL, Row] => [row.id, folder, row]));
  const accepted = rows.filter(([, , row]) => ACCEPTED.includes(row.expected.verdict));

  test('there are rows to look at', () => expect(accepted.length).toBeGreaterThan(0));

  test.each(rows)('%s: verdict and reason agree', async (_, folder, row) => {
    const { checks } = await verify(folder, row, anchorsOf(folder, row, vendors));
    const { verdict, reason } = row.expected;
    if (verdict === 'parse-only') expect(checks).toContainEqual(expect.objectContaining({ id: 'parse', status: 'passed' }));
    else expect(verdictOf(checks)).toBe(verdict);
    if (verdict === 'reject')
      expect(
        reason?.filter((id) => failedIds(checks).includes(id)),
        failedIds(checks).join(),
      ).not.toEqual([]);
  });

  test.each(accepted)('%s is refused for its chain when its anchor is withheld', async (_, folder, row) => {
    const others: readonly Certificate[] = row.trust_anchor === 'vendor' ? [] : vendors;
    const { checks } = await verify(folder, row, others);
    expect(failedIds(checks)).toContain('chain');
  });
});

test.runIf(existsSync(SHARED))('what a shared row’s report says is read as its source reads it', async () => {
  for (const row of readRows(SHARED, 'sev-snp')) {
    const { claims } = await verifySevSnpRow(SHARED, row, vendors);
    if (!row.expected_fields || !claims) continue;
    const { version, vmpl, guest_svn, report_data, measurement, host_data, id_key_digest } = row.expected_fields;
    expect(claims, row.id).toMatchObject({
      version,
      vmpl,
      guestSvn: guest_svn,
      reportData: report_data,
      measurement,
      hostData: host_data,
      idKeyDigest: id_key_digest,
    });
  }
  for (const row of readRows(SHARED, 'nitro')) {
    const { claims } = await verifyNitroRow(SHARED, row, vendors);
    expect(claims, row.id).toMatchObject({ moduleId: row.expected_fields?.module_id });
    const nonzero = Array.from(claims?.pcrs ?? []).filter(([, value]) => !/^0*$/.test(value));
    expect(Object.fromEntries(nonzero), row.id).toEqual(row.expected_fields?.pcrs_nonzero);
  }
});
