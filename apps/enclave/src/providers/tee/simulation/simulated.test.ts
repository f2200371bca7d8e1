import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorsFromPem, type CheckId, type Verification, vendorAnchors, verifyEvidence } from '@privexbot/attestation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../../log.ts';
import { openTee } from '../open-tee.ts';
import type { SimulatedKind, TeeProvider } from '../tee-provider.ts';
import { openDevelopmentLogKey, prepareSimulation } from './development-keys.ts';
import type { SimulationDial } from './dial.ts';

const KINDS: readonly SimulatedKind[] = ['simulated-tdx', 'simulated-sev-snp', 'simulated-nitro'];
const DAY_MS = 24 * 60 * 60 * 1000;
const reportData = new Uint8Array(64).fill(7);
const manifest = new TextEncoder().encode('{"v":1}');
const build = { digest: 'ab'.repeat(48), assets: {} };
let simulationFolder: string;

beforeAll(async () => {
  simulationFolder = await mkdtemp(join(tmpdir(), 'privexbot-simulation-'));
  await prepareSimulation(simulationFolder, 'simulated-sev-snp');
});
afterAll(() => rm(simulationFolder, { recursive: true }));

function open(kind: SimulatedKind, dial: SimulationDial = {}, now = () => new Date()): Promise<TeeProvider> {
  return openTee({ kind, build, manifest, simulationFolder, dial, log: createLog('silent'), now });
}

async function verify(provider: TeeProvider, at = Date.now(), nonce?: Uint8Array): Promise<Verification> {
  const pem = await readFile(join(simulationFolder, 'root.pem'), 'utf8');
  const anchors = [...vendorAnchors(), ...anchorsFromPem(pem, { isSimulation: true })];
  const policy = { measurements: [provider.registers], ...(nonce ? { nitro: { nonce } } : {}) };
  return verifyEvidence(await provider.attest(reportData, nonce), { at, anchors, expectedReportData: reportData, policy });
}

function idsOf({ checks }: Verification, ...statuses: string[]): CheckId[] {
  return checks.filter(({ status }) => statuses.includes(status)).map(({ id }) => id);
}

describe.each(KINDS)('%s', (kind) => {
  test('is verified to the end below its own root, and is called simulated', async () => {
    await using provider = await open(kind);
    const verification = await verify(provider);
    expect(idsOf(verification, 'failed', 'unknown', 'warned')).toEqual(['chain']);
    expect(verification.verdict).toBe('simulated');
    expect(provider.isSimulated).toBe(true);
  });

  test('is nothing to a client that knows the vendors alone', async () => {
    await using provider = await open(kind);
    const evidence = await provider.attest(reportData);
    const verification = await verifyEvidence(evidence, { at: Date.now(), anchors: vendorAnchors(), expectedReportData: reportData });
    expect(verification.verdict).toBe('not-verified');
    expect(idsOf(verification, 'failed')).toContain('chain');
  });

  test('another build or another manifest has other registers', async () => {
    const options = { kind, simulationFolder, log: createLog('silent'), now: () => new Date() };
    const openings = [
      openTee({ ...options, build, manifest }),
      openTee({ ...options, build: { ...build, digest: 'cd'.repeat(48) }, manifest }),
      openTee({ ...options, build, manifest: new TextEncoder().encode('{"v":2}') }),
    ];
    const registers = (await Promise.all(openings)).map((provider) => JSON.stringify(provider.registers));
    expect(new Set(registers).size).toBe(3);
  });

  test('a machine in debug mode is refused by that check', async () => {
    await using provider = await open(kind, { isDebug: true });
    expect(idsOf(await verify(provider), 'failed')).toContain('debug');
  });

  test('collateral of long ago, or a document of long ago, is refused', async () => {
    await using provider = await open(kind, { issuedAt: new Date(Date.now() - 40 * DAY_MS) });
    const expected = { 'simulated-tdx': 'tcb-info', 'simulated-sev-snp': 'crl', 'simulated-nitro': 'chain' }[kind];
    expect((await verify(provider)).verdict).toBe('not-verified');
    expect(idsOf(await verify(provider), 'failed')).toContain(expected);
  });
});

test('levels of the processor are those of the dial', async () => {
  const recent = new Date(Date.now() - 3 * DAY_MS);
  await using outdated = await open('simulated-tdx', { tcbStatus: 'OutOfDate' });
  await using grace = await open('simulated-tdx', { tcbStatus: 'OutOfDate', fixedAt: recent, advisories: ['INTEL-SA-00000'] });
  await using revoked = await open('simulated-tdx', { tcbStatus: 'Revoked' });
  await using revokedSnp = await open('simulated-sev-snp', { tcbStatus: 'Revoked' });
  expect(idsOf(await verify(outdated), 'failed')).toEqual(['tcb-status']);
  expect(idsOf(await verify(grace), 'warned')).toEqual(['chain', 'tcb-status']);
  expect((await verify(grace)).verdict).toBe('simulated');
  expect(idsOf(await verify(revoked), 'failed')).toEqual(['tcb-status']);
  expect(idsOf(await verify(revokedSnp), 'failed')).toEqual(['crl']);
});

test('Nitro repeats the nonce', async () => {
  await using provider = await open('simulated-nitro');
  const nonce = new Uint8Array(32).fill(9);
  expect((await verify(provider, Date.now(), nonce)).verdict).toBe('simulated');
});

test('collateral is issued anew after a day, and says so', async () => {
  let now = new Date();
  await using provider = await open('simulated-tdx', {}, () => now);
  const first = provider.collateralVersion;
  await provider.attest(reportData);
  expect(provider.collateralVersion).toBe(first);
  now = new Date(now.getTime() + 31 * DAY_MS);
  expect((await verify(provider, now.getTime())).verdict).toBe('simulated');
  expect(provider.collateralVersion).not.toBe(first);
});

test('starts at the same moment agree on one set of keys, which only the owner reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-simulation-'));
  try {
    await Promise.all(Array.from({ length: 8 }, () => prepareSimulation(folder, 'simulated-tdx')));
    const keys = await Promise.all(Array.from({ length: 4 }, () => openDevelopmentLogKey(folder)));
    expect(new Set(keys.map(({ name }) => name)).size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(['nitro.json', 'release-log.json', 'root.pem', 'tdx.json']);
    for (const file of ['nitro.json', 'tdx.json', 'release-log.json']) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    expect(anchorsFromPem(await readFile(join(folder, 'root.pem'), 'utf8'))).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a broken file is named, with what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-simulation-'));
  try {
    await writeFile(join(folder, 'tdx.json'), '{"format":"privexbot-simulation-1","content":{"rootIssuer":{"key":{"$key":"P-256"}}}}');
    await expect(prepareSimulation(folder, 'simulated-tdx')).rejects.toThrow(/tdx\.json.*Delete it/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
