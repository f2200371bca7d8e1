import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSnpMachine, toPem, writeSnpCrl, writeSnpEvidence } from '@privexbot/attestation/simulation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex, sha256 } from '../registers.ts';
import { readCertificateTable } from './certificate-table.ts';
import { readTsmReport } from './configfs-tsm.ts';
import { BASE, ImitatedConfigfs, judge, MANIFEST, makeFolder, REPORT_DATA } from './imitations.fixture.ts';
import { openSevSnp } from './sev-snp.ts';

const amd = await createSnpMachine(new Date(), 'Milan');
let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => rm(folder, { recursive: true }));

/** The host's table: entries, an empty one, and what they point to. */
function certificateTable(...entries: readonly [guid: string, content: Uint8Array][]): Uint8Array {
  const heads = Buffer.alloc(24 * (entries.length + 1));
  let at = heads.length;
  for (const [index, [guid, content]] of entries.entries()) {
    heads.write(guid.replaceAll('-', ''), 24 * index, 'hex');
    heads.writeUInt32LE(at, 24 * index + 16);
    heads.writeUInt32LE(content.length, 24 * index + 20);
    at += content.length;
  }
  return new Uint8Array(Buffer.concat([heads, ...entries.map(([, content]) => content)]));
}

const VCEK = '63da758d-e664-4564-adc5-f4b93be8accd';
const ASK = '4ab7b379-bbac-4fe4-a02f-05aef327c782';
const ARK = 'c0b406a4-a803-4952-9743-3fb6014cd0ae';

const guest = (auxiliary: () => Uint8Array, hostData: Uint8Array = sha256(MANIFEST)) => {
  const configfs = new ImitatedConfigfs('sev_guest', async (bytes) => ({
    report: (await writeSnpEvidence(amd, { reportData: bytes, hostData })).report,
    auxiliary: auxiliary(),
  }));
  return (bytes: Uint8Array) => readTsmReport('sev_guest', bytes, { configfs });
};
const fullTable = () => certificateTable([VCEK, amd.certificate], [ASK, amd.intermediate], [ARK, amd.root]);

test('takes the certificates of the host’s table and the list of the folder', async () => {
  await writeFile(join(folder, 'ark.crl'), await writeSnpCrl(amd, new Date()));
  await using tee = await openSevSnp({ ...BASE, manifest: MANIFEST, collateralFolder: folder, report: guest(fullTable) });
  expect(await judge(await tee.attest(REPORT_DATA), amd.root)).toEqual({ verdict: 'verified', failed: [] });
  expect(tee.registers.host_data).toBe(hex(sha256(MANIFEST)));
});

test('takes all from the folder where the host gives nothing', async () => {
  await writeFile(join(folder, 'ark.crl'), await writeSnpCrl(amd, new Date()));
  await writeFile(join(folder, 'ask_ark.pem'), toPem(amd.intermediate, amd.root));
  await writeFile(join(folder, 'vcek.pem'), toPem(amd.certificate));
  await using tee = await openSevSnp({ ...BASE, manifest: MANIFEST, collateralFolder: folder, report: guest(() => new Uint8Array()) });
  expect((await judge(await tee.attest(REPORT_DATA), amd.root)).verdict).toBe('verified');
});

test('does not start as a machine that was started with another manifest', async () => {
  const asked = openSevSnp({ ...BASE, manifest: MANIFEST, report: guest(fullTable, sha256('another')) });
  await expect(asked).rejects.toThrow(new RegExp(`another launch manifest.*${hex(sha256(MANIFEST))}`));
});

test('a table that is cut, points outside or never ends gives what it holds and nothing more', () => {
  const table = fullTable();
  expect(Object.keys(readCertificateTable(table)).sort()).toEqual(['ark', 'ask', 'vcek']);
  for (let length = 0; length < table.length; length += 7) readCertificateTable(table.slice(0, length));
  const outside = table.slice();
  new DataView(outside.buffer).setUint32(16, 0xffffffff, true);
  expect(Object.keys(readCertificateTable(outside)).sort()).toEqual(['ark', 'ask']);
  expect(readCertificateTable(new Uint8Array(100_000).fill(0xff))).toEqual({});
  expect(readCertificateTable(new Uint8Array(4096))).toEqual({});
});
