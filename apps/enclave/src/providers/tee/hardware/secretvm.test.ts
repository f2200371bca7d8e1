import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDcapMachine, writeCollateral, writeQuote } from '@privexbot/attestation/simulation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex, sha256, sha384 } from '../registers.ts';
import { BASE, judge, makeFolder, REPORT_DATA, register } from './imitations.fixture.ts';
import { openSecretVm } from './secretvm.ts';

const intel = await createDcapMachine(new Date());
let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const rootfs = sha256('root file system');
const compose = new TextEncoder().encode('services: {}\n');
const extend = (value: Uint8Array, digest: Uint8Array) => sha384(Buffer.concat([value, digest, new Uint8Array(48 - digest.length)]));
const rtmr3 = extend(extend(register(0), sha256(compose)), rootfs);
const quote = (bytes: Uint8Array) => writeQuote(intel, { reportData: bytes, rtmrs: [register(1), register(2), register(3), rtmr3] });
const configure = async (text: Uint8Array = compose, digest = hex(rootfs)) => {
  await writeFile(join(folder, 'docker-compose.yaml'), text);
  await writeFile(join(folder, 'secretvm-rootfs.sha256'), `${digest}  rootfs.iso\n`);
  return { ...BASE, collateralFolder: folder, configFolder: folder, quote };
};

test('gives the quote with the compose file that RTMR3 holds', async () => {
  await writeFile(join(folder, 'collateral.json'), JSON.stringify(await writeCollateral(intel)));
  await using tee = await openSecretVm(await configure());
  expect(tee.registers.compose_hash).toBe(hex(sha256(compose)));
  expect(await judge(await tee.attest(REPORT_DATA), intel.root)).toEqual({ verdict: 'verified', failed: [] });
});

test('another compose file, another image or files beside it stop the start', async () => {
  await expect(openSecretVm(await configure(new TextEncoder().encode('services: {x: {}}\n')))).rejects.toThrow(
    /RTMR3 does not hold this compose file/,
  );
  await expect(openSecretVm(await configure(compose, hex(sha256('other'))))).rejects.toThrow(/RTMR3 does not hold this compose file/);
  await expect(openSecretVm(await configure(compose, 'none'))).rejects.toThrow(/not a SHA-256/);
  const options = await configure();
  await writeFile(join(folder, 'docker-files.tar'), '');
  await expect(openSecretVm(options)).rejects.toThrow(/files beside the compose file/);
});

test('missing files are named', async () => {
  await expect(openSecretVm({ ...BASE, collateralFolder: folder, configFolder: folder, quote })).rejects.toThrow(
    /docker-compose\.yaml.*ENOENT/,
  );
});

// A real quote with the compose file that was started: looked at where the shared folder is.
const SHARED = fileURLToPath(new URL('../../../../../../../shared/attestation-vectors/tdx/secretvm-docker-check/', import.meta.url));
const real = existsSync(SHARED) ? test : () => undefined;
real('a recorded quote of a real machine fits its compose file', async () => {
  // The root file system's digest of image v0.0.25, as its maker publishes it.
  const digest = '2a6d16965f5ce5143bcba614bb7896cdfc598a71c6e1ecc55efd3d8f74ba7c8a';
  const options = await configure(new Uint8Array(await readFile(join(SHARED, 'docker-compose.yaml'))), digest);
  const recorded = new Uint8Array(await readFile(join(SHARED, 'quote.bin')));
  await using tee = await openSecretVm({ ...options, quote: async () => recorded });
  expect(tee.registers.mrtd).toMatch(/^ba87a347/);
});
