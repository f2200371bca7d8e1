import { expect, test } from 'vitest';
import { VENDOR_ROOT_HASHES } from './anchor-hashes.ts';
import { anchorsFromPem, VENDOR_ROOTS, vendorAnchors } from './anchors.ts';
import { fromBase64, toHex } from './bytes.ts';
import { replayRegister } from './event-log/replay.ts';
import { toPem } from './simulation/authority.ts';
import { type CollateralContent, createDcapMachine, writeCollateral, writeQuote } from './simulation/dcap.ts';
import { requireVerified, type Verification, VerificationError, verifyEvidence } from './verify.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const REPORT_DATA = new Uint8Array(64).fill(0xda);
const machine = await createDcapMachine(AT);
const genuine = anchorsFromPem(toPem(machine.root));
const simulated = anchorsFromPem(toPem(machine.root), { isSimulation: true });

async function verify({
  anchors = genuine,
  expectedReportData = REPORT_DATA as Uint8Array | undefined,
  collateral = {} as CollateralContent,
} = {}) {
  const evidence = {
    tee: 'tdx',
    quote: await writeQuote(machine, { reportData: REPORT_DATA }),
    collateral: await writeCollateral(machine, collateral),
  } as const;
  return verifyEvidence(evidence, { at: AT.getTime(), anchors, ...(expectedReportData ? { expectedReportData } : {}) });
}

function codeOf(verification: Verification, options = {}): string {
  try {
    return requireVerified(verification, options).verdict;
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

test('verified evidence becomes a proof, with warnings too', async () => {
  expect(codeOf(await verify())).toBe('verified');
  expect(codeOf(await verify({ collateral: { status: 'SWHardeningNeeded' } }))).toBe('verified-with-warnings');
});

test('evidence of a simulation root is simulated, whatever else it is, and a proof only where that is allowed', async () => {
  expect(codeOf(await verify({ anchors: simulated }))).toBe('simulated');
  const warned = await verify({ anchors: simulated, collateral: { status: 'SWHardeningNeeded' } });
  expect(warned.verdict).toBe('simulated');
  expect(codeOf(warned, { allowSimulated: true })).toBe('simulated');
  expect(codeOf(await verify({ anchors: simulated, collateral: { status: 'Revoked' } }), { allowSimulated: true })).toBe('not-verified');
});

test('evidence of another root, with an older state or for another connection is no proof', async () => {
  expect(codeOf(await verify({ anchors: vendorAnchors() }))).toBe('not-verified');
  expect(codeOf(await verify({ collateral: { status: 'OutOfDate' } }))).toBe('not-verified');
  expect(codeOf(await verify({ expectedReportData: new Uint8Array(64).fill(1) }))).toBe('not-verified');
});

test('evidence that was compared with nothing is no proof', async () => {
  const evidence = { tee: 'tdx', quote: await writeQuote(machine), collateral: await writeCollateral(machine) } as const;
  const verification = await verifyEvidence(evidence, { at: AT.getTime(), anchors: genuine });
  expect(verification.verdict).toBe('verified');
  expect(codeOf(verification)).toBe('not-bound');
});

test('an object that only looks like a verification is no proof', async () => {
  const verification = await verify();
  expect(codeOf({ ...verification })).toBe('not-verified');
  expect(codeOf(structuredClone({ ...verification }))).toBe('not-verified');
  expect(() => Object.assign(verification, { verdict: 'verified' })).toThrow();
});

test('a log of what was started must fit the registers, and a manifest counts only with the image that started it', async () => {
  const compose = new TextEncoder().encode('services: {}');
  const rootfs = new Uint8Array(32).fill(4);
  const composeHash = new Uint8Array(await crypto.subtle.digest('SHA-256', compose));
  const register = new Uint8Array(48).fill(1);
  const quote = await writeQuote(machine, { rtmrs: [register, register, register, await replayRegister([composeHash, rootfs])] });
  const image = { mrtd: '7d'.repeat(48), rtmr0: toHex(register), rtmr1: toHex(register), rtmr2: toHex(register) };
  const compose_hash = toHex(composeHash);
  const checked = async (measurement: Record<string, string>, started = compose) => {
    const eventLog = { kind: 'secretvm', compose: started, rootfs } as const;
    const evidence = { tee: 'tdx', quote, eventLog, collateral: await writeCollateral(machine) } as const;
    const { checks } = await verifyEvidence(evidence, { at: AT.getTime(), anchors: genuine, policy: { measurements: [measurement] } });
    return checks.filter(({ status }) => status !== 'passed').map(({ id }) => id);
  };
  expect(await checked({ ...image, compose_hash })).toEqual([]);
  expect(await checked({ compose_hash })).toEqual(['policy-measurement']);
  expect(await checked({ ...image, compose_hash: '00'.repeat(32) })).toEqual(['policy-measurement']);
  expect(await checked({ ...image, compose_hash }, compose.slice(1))).toEqual(['event-log', 'policy-measurement']);
});

test('zeros bind nothing, even where they were asked for', async () => {
  const zero = new Uint8Array(64);
  const evidence = {
    tee: 'tdx',
    quote: await writeQuote(machine, { reportData: zero }),
    collateral: await writeCollateral(machine),
  } as const;
  const verification = await verifyEvidence(evidence, { at: AT.getTime(), anchors: genuine, expectedReportData: zero });
  expect(verification.checks).toContainEqual(expect.objectContaining({ id: 'report-data', status: 'failed' }));
});

test('a root counts only for its own kind of evidence', async () => {
  const anchors = genuine.map((anchor) => ({ ...anchor, tees: ['sev-snp', 'nitro'] as const }));
  expect((await verify({ anchors })).checks).toContainEqual(expect.objectContaining({ id: 'chain', status: 'failed' }));
});

test('at no time at all nothing is verified', async () => {
  const evidence = { tee: 'tdx', quote: await writeQuote(machine), collateral: await writeCollateral(machine) } as const;
  expect((await verifyEvidence(evidence, { at: Number.NaN, anchors: genuine })).verdict).toBe('not-verified');
});

test('the vendors’ roots are those that are pinned, and each issued itself', async () => {
  expect(VENDOR_ROOTS.map(({ name }) => name)).toEqual([
    'Intel SGX Root CA',
    'AMD ARK-Milan',
    'AMD ARK-Genoa',
    'AMD ARK-Turin',
    'AWS Nitro Enclaves root G1',
  ]);
  for (const { name, der } of VENDOR_ROOTS) {
    expect(toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64(der))))).toBe(VENDOR_ROOT_HASHES[name]);
  }
  for (const { certificate, isSimulation } of vendorAnchors()) {
    expect(certificate.issuer.text).toBe(certificate.subject.text);
    expect(isSimulation).toBeUndefined();
  }
});
