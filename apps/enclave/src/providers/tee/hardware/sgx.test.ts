import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDcapMachine, writeCollateral, writeQuote } from '@privexbot/attestation/simulation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex } from '../registers.ts';
import { BASE, boundBy, judge, makeFolder, REPORT_DATA, systemError } from './imitations.fixture.ts';
import { openSgx } from './sgx.ts';

const intel = await createDcapMachine(new Date());
let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => rm(folder, { recursive: true }));

/** Gramine's pseudo-files: one register for the whole process. */
const gramine = (type = 'dcap') => {
  let data = new Uint8Array(64);
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  return {
    write: async (path: string, bytes: Uint8Array) => {
      if (!path.endsWith('/user_report_data') || bytes.length > 64) throw systemError('EINVAL');
      await tick();
      data = new Uint8Array(bytes);
    },
    read: async (path: string): Promise<Uint8Array> => {
      if (path.endsWith('/attestation_type')) return new TextEncoder().encode(type);
      if (!path.endsWith('/quote')) throw systemError('ENOENT');
      await tick();
      return writeQuote(intel, { kind: 'enclave', version: 3, reportData: data });
    },
  };
};

test('gives quotes that are verified, each over its own bytes', async () => {
  await writeFile(join(folder, 'collateral.json'), JSON.stringify(await writeCollateral(intel, { tee: 'sgx' })));
  await using tee = await openSgx({ ...BASE, collateralFolder: folder, files: gramine() });
  const asked = [REPORT_DATA, ...[1, 2, 3].map((fill) => new Uint8Array(64).fill(fill))];
  const [first, ...others] = await Promise.all(asked.map((bytes) => tee.attest(bytes)));
  expect(first && (await judge(first, intel.root))).toEqual({ verdict: 'verified', failed: [] });
  expect(await Promise.all(others.map(boundBy))).toEqual(asked.slice(1).map(hex));
  expect(tee.registers.mrenclave).toMatch(/^ee/);
});

test('an enclave without remote attestation, and a process outside one, are told so', async () => {
  await expect(openSgx({ ...BASE, files: gramine('none') })).rejects.toThrow(/attestation type is none.*remote_attestation/);
  await expect(openSgx({ ...BASE, folder: '/nowhere' })).rejects.toThrow(/\/nowhere\/attestation_type cannot be used \(ENOENT\)/);
});
