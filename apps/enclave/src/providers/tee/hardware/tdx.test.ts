import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDcapMachine, writeCollateral, writeQuote } from '@privexbot/attestation/simulation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { extendedOnce, hex, sha384 } from '../registers.ts';
import { BASE, judge, MANIFEST, makeFolder, REPORT_DATA, register } from './imitations.fixture.ts';
import { openTdx } from './tdx.ts';

const intel = await createDcapMachine(new Date());
let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => rm(folder, { recursive: true }));

/** A TD whose RTMR3 is a file that is extended by writing to it, as the driver's attribute is. */
async function startTd({ mrConfigId = register(0), rtmr3 = register(0) } = {}) {
  const rtmr3Path = join(folder, 'rtmr3:sha384');
  await writeFile(rtmr3Path, '');
  let value = rtmr3;
  const quote = async (bytes: Uint8Array) => {
    const written = new Uint8Array(await readFile(rtmr3Path));
    if (written.length > 0) value = extendedOnce(written);
    return writeQuote(intel, { reportData: bytes, mrConfigId, rtmrs: [register(1), register(2), register(3), value] });
  };
  return { quote, rtmr3Path };
}

test('extends the manifest into RTMR3 and gives evidence that is verified with the collateral of the folder', async () => {
  await writeFile(join(folder, 'collateral.json'), JSON.stringify(await writeCollateral(intel)));
  await using tee = await openTdx({ ...BASE, manifest: MANIFEST, collateralFolder: folder, ...(await startTd()) });
  expect(tee.registers.rtmr3).toBe(hex(extendedOnce(sha384(MANIFEST))));
  expect(await judge(await tee.attest(REPORT_DATA), intel.root)).toEqual({ verdict: 'verified', failed: [] });
});

test('extends nothing where MRCONFIGID holds the manifest, or RTMR3 already does', async () => {
  const rtmr3Path = join(folder, 'missing');
  for (const td of [await startTd({ mrConfigId: sha384(MANIFEST) }), await startTd({ rtmr3: extendedOnce(sha384(MANIFEST)) })])
    await openTdx({ ...BASE, manifest: MANIFEST, quote: td.quote, rtmr3Path });
  expect(existsSync(rtmr3Path)).toBe(false);
});

test('does not start where RTMR3 holds something else', async () => {
  const td = await startTd({ rtmr3: register(5) });
  await expect(openTdx({ ...BASE, manifest: MANIFEST, ...td })).rejects.toThrow(/RTMR3 of this TD already holds something else/);
});

test('does not start where the kernel cannot extend, and says what would do', async () => {
  const { quote } = await startTd();
  const asked = openTdx({ ...BASE, manifest: MANIFEST, quote, rtmr3Path: join(folder, 'no/such/file') });
  await expect(asked).rejects.toThrow(new RegExp(`ENOENT.*Linux 6\\.16.*MRCONFIGID ${hex(sha384(MANIFEST))}`));
});

test('does not start where writing changed nothing', async () => {
  const { quote } = await startTd();
  await expect(openTdx({ ...BASE, manifest: MANIFEST, quote, rtmr3Path: '/dev/null' })).rejects.toThrow(
    /does not hold the launch manifest after/,
  );
});

test('without collateral it starts, and clients will say that nothing is proven', async () => {
  await using tee = await openTdx({ ...BASE, manifest: MANIFEST, ...(await startTd()) });
  expect(await judge(await tee.attest(REPORT_DATA), intel.root)).toMatchObject({
    verdict: 'not-verified',
    failed: expect.arrayContaining(['tcb-info']),
  });
});

test('bytes that are no quote are refused', async () => {
  const asked = openTdx({ ...BASE, manifest: MANIFEST, quote: async () => new Uint8Array(100) });
  await expect(asked).rejects.toThrow(/not that of PRIVEXBOT_TEE=tdx/);
});

test('fresh collateral comes into use without a restart, broken collateral does not', async () => {
  let now = new Date();
  const path = join(folder, 'collateral.json');
  await writeFile(path, JSON.stringify(await writeCollateral(intel)));
  await using tee = await openTdx({ ...BASE, now: () => now, manifest: MANIFEST, collateralFolder: folder, ...(await startTd()) });
  const first = tee.collateralVersion;
  await writeFile(path, '{ half a fi');
  now = new Date(now.getTime() + 11 * 60_000);
  expect((await judge(await tee.attest(REPORT_DATA), intel.root)).verdict).toBe('verified');
  expect(tee.collateralVersion).toBe(first);
  await writeFile(path, JSON.stringify(await writeCollateral(intel, { evaluationNumber: 18 })));
  now = new Date(now.getTime() + 11 * 60_000);
  await tee.attest(REPORT_DATA);
  expect(tee.collateralVersion).not.toBe(first);
  await writeFile(path, '{ half a fi');
  await expect(openTdx({ ...BASE, manifest: MANIFEST, collateralFolder: folder, ...(await startTd()) })).rejects.toThrow(/not JSON/);
});
