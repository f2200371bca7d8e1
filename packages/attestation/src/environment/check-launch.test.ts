import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromHex } from '../bytes.ts';
import { Report } from '../checks.ts';
import type { Measurement, Tee } from '../policy.ts';
import { checkLaunch } from './check-launch.ts';
import { decodeLaunchManifest, launchManifestDigest } from './launch-manifest.ts';

interface Row {
  readonly manifest: string;
  readonly sha384: string;
  readonly registers: Readonly<Record<'tdx' | 'sev-snp' | 'nitro', Measurement>>;
}

const FILE = new URL('../../../../vectors/release-log/launch-manifest.json', import.meta.url);
const { vectors: rows }: { vectors: Row[] } = JSON.parse(readFileSync(FILE, 'utf8'));
const row = rows[1] ?? rows[0];
if (!row) throw new Error('There are no vectors');

async function check({ manifest, sha384 }: Row, tee: Tee, registers: Measurement, pinned: readonly Measurement[] = []) {
  const report = new Report();
  const launch = { bytes: new TextEncoder().encode(manifest), digest: fromHex(sha384), pinned };
  const result = await checkLaunch(launch, { tee, registers, details: {} }, report);
  return { isMeasured: result?.isMeasured, ...report.checks[0] };
}

test('each vector is read, has its digest, and is accepted from each register that may hold it, and from no other', async () => {
  for (const each of rows) {
    const bytes = new TextEncoder().encode(each.manifest);
    expect(await launchManifestDigest(decodeLaunchManifest(bytes) && bytes)).toEqual(fromHex(each.sha384));
    for (const tee of ['tdx', 'sev-snp', 'nitro'] as const) {
      for (const [name, value] of Object.entries(each.registers[tee])) {
        expect(await check(each, tee, { [name]: value })).toMatchObject({ id: 'launch-manifest', status: 'passed', isMeasured: true });
        expect(await check(each, tee, { [name]: value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) })).toMatchObject({
          status: 'failed',
          isMeasured: false,
        });
        expect((await check(each, tee, { other: value })).status).toBe('failed');
        expect((await check(each, tee, {})).status).toBe('failed');
      }
    }
  }
});

test('a register of another kind of machine does not count', async () => {
  for (const tee of ['tdx', 'sev-snp', 'nitro'] as const)
    for (const other of ['tdx', 'sev-snp', 'nitro'] as const)
      if (tee !== other) expect((await check(row, tee, row.registers[other])).status, `${other} for ${tee}`).toBe('failed');
});

test('a compose file carries the settings only if somebody pinned its hash', async () => {
  const compose_hash = 'c0'.repeat(32);
  const image = { mrtd: '01', rtmr0: '02', rtmr1: '03', rtmr2: '04' };
  const measured = { ...image, rtmr3: '05', compose_hash };
  expect(await check(row, 'tdx', measured, [{ ...image, compose_hash: compose_hash.toUpperCase() }])).toMatchObject({
    status: 'passed',
    explain: expect.stringMatching(/compose file/),
  });
  const pins = [[], [image], [{ compose_hash }], [{ ...image, rtmr2: '05', compose_hash }], [{ ...image, compose_hash: 'c1'.repeat(32) }]];
  for (const pinned of pins) {
    expect(await check(row, 'tdx', measured, pinned)).toMatchObject({ status: 'failed', isMeasured: false });
  }
});

test('SGX has no register for settings, which the check says', async () => {
  expect(await check(row, 'sgx', {})).toMatchObject({ status: 'passed', explain: expect.stringMatching(/SGX has no register/) });
});
