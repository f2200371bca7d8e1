import { expect, test } from 'vitest';
import { anchorsFromPem, type TrustAnchor } from '../anchors.ts';
import type { Policy } from '../policy.ts';
import { createKey, toPem } from '../simulation/authority.ts';
import { type CollateralContent, createDcapMachine, type QuoteContent, writeCollateral, writeQuote } from '../simulation/dcap.ts';
import { type Evidence, type Verification, verifyEvidence } from '../verify.ts';
import type { Collateral } from './collateral.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const machine = await createDcapMachine(AT);
const stranger = await createKey();
const anchors = anchorsFromPem(toPem(machine.root));

interface Case {
  readonly quote?: QuoteContent;
  readonly collateral?: CollateralContent;
  readonly without?: readonly (keyof Collateral)[];
  readonly policy?: Policy;
  readonly at?: number;
  readonly anchors?: readonly TrustAnchor[];
}

async function verify({ quote = {}, collateral, without = [], policy = {}, at = AT.getTime(), ...rest }: Case): Promise<Verification> {
  const tee = quote.kind === 'enclave' ? 'sgx' : 'tdx';
  const texts = Object.entries(await writeCollateral(machine, { tee, ...collateral })).filter(
    ([name]) => !without.some((left) => left === name),
  );
  const evidence: Evidence = { tee, quote: await writeQuote(machine, quote), collateral: Object.fromEntries(texts) };
  return verifyEvidence(evidence, { at, anchors, policy, ...rest });
}

/** `tcb-status failed` and so on; what passed is left out. */
function notes({ checks }: Verification): string[] {
  return checks.filter(({ status }) => status !== 'passed').map(({ id, status }) => `${id} ${status}`);
}

test.each<QuoteContent>([
  { kind: 'td10' },
  { kind: 'td10', version: 5 },
  { kind: 'td15' },
  { kind: 'enclave', version: 3 },
  { kind: 'enclave', version: 4 },
  { kind: 'enclave', version: 5 },
  { qeAuthData: new Uint8Array(0) },
  { qeAuthData: new Uint8Array(1000).fill(3) },
])('a genuine quote is verified: $kind $version', async (quote) => {
  const result = await verify({ quote });
  expect(notes(result)).toEqual([]);
  expect(result.verdict).toBe('verified');
});

test('the claims are those of the quote, its certificate and the statements', async () => {
  const { claims } = await verify({ collateral: { status: 'SWHardeningNeeded', advisories: ['INTEL-SA-00615'] } });
  expect(claims).toMatchObject({
    tee: 'tdx',
    reportData: 'da'.repeat(64),
    registers: { mrtd: '7d'.repeat(48), rtmr0: '10'.repeat(48), rtmr3: '13'.repeat(48), mr_config_id: '00'.repeat(48) },
    machine: '07'.repeat(16),
    tcb: { status: 'SWHardeningNeeded', advisories: ['INTEL-SA-00615'], date: new Date(AT.getTime() - 90 * DAY_MS) },
    details: { fmspc: machine.fmspc, mrseam: '5e'.repeat(48), tcb_evaluation_data_number: '17' },
    validUntil: new Date(AT.getTime() + 30 * DAY_MS),
  });
});

test.each<[string, Case, string[]]>([
  ['SWHardeningNeeded warns', { collateral: { status: 'SWHardeningNeeded' } }, ['tcb-status warned']],
  ['ConfigurationAndSWHardeningNeeded warns', { collateral: { status: 'ConfigurationAndSWHardeningNeeded' } }, ['tcb-status warned']],
  [
    'they fail where only UpToDate is allowed',
    { collateral: { status: 'SWHardeningNeeded' }, policy: { dcap: { requireUpToDate: true } } },
    ['tcb-status failed'],
  ],
  ['OutOfDate fails', { collateral: { status: 'OutOfDate' } }, ['tcb-status failed']],
  [
    'OutOfDate warns for 15 days',
    { collateral: { status: 'OutOfDate', fixedAt: new Date(AT.getTime() - 15 * DAY_MS) } },
    ['tcb-status warned'],
  ],
  [
    'and no second longer',
    { collateral: { status: 'OutOfDate', fixedAt: new Date(AT.getTime() - 15 * DAY_MS - 1000) } },
    ['tcb-status failed'],
  ],
  [
    'or for as long as the policy says',
    { collateral: { status: 'OutOfDate' }, policy: { dcap: { graceDays: 61 } } },
    ['tcb-status warned'],
  ],
  ['Revoked fails even then', { collateral: { status: 'Revoked' }, policy: { dcap: { graceDays: 61 } } }, ['tcb-status failed']],
  ['an old TDX module counts', { collateral: { moduleStatus: 'OutOfDate' } }, ['tcb-status failed']],
  ['an old quoting enclave counts', { collateral: { qeStatus: 'Revoked' } }, ['tcb-status failed']],
  ['a level below all fails', { quote: { teeTcbSvn: Uint8Array.of(5, 1, 4, ...Array(13).fill(5)) } }, ['tcb-status failed']],
  [
    'a module version that nobody published fails',
    { quote: { teeTcbSvn: Uint8Array.of(5, 9, ...Array(14).fill(5)) } },
    ['tcb-status failed'],
  ],
  ['a module of another signer fails', { quote: { mrSignerSeam: new Uint8Array(48).fill(1) } }, ['tcb-status failed']],
  ['module version 0 is compared from byte 0', { quote: { teeTcbSvn: Uint8Array.of(5, 0, ...Array(14).fill(5)) } }, ['tcb-status failed']],
])('the TCB: %s', async (_, input, expected) => {
  expect(notes(await verify(input))).toEqual(expected);
});

test.each<[string, Case, string[]]>([
  ['a debug TD', { quote: { tdAttributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0) } }, ['debug failed']],
  ['a profiled TD', { quote: { tdAttributes: Uint8Array.of(0x20, 0, 0, 0x10, 0, 0, 0, 0) } }, ['debug failed']],
  ['a TD that can be moved', { quote: { tdAttributes: Uint8Array.of(0, 0, 0, 0x30, 0, 0, 0, 0) } }, ['migration failed']],
  ['unknown attributes', { quote: { tdAttributes: Uint8Array.of(0, 0, 0, 0x10, 1, 0, 0, 0) } }, ['attributes failed']],
  [
    'a TD without SEPT_VE_DISABLE where it is asked for',
    { quote: { tdAttributes: new Uint8Array(8) }, policy: { dcap: { requireSeptVeDisable: true } } },
    ['attributes failed'],
  ],
  ['a debug enclave', { quote: { kind: 'enclave', enclaveAttributes: Uint8Array.of(7, ...Array(15).fill(0)) } }, ['debug failed']],
  [
    'an enclave that was not initialized',
    { quote: { kind: 'enclave', enclaveAttributes: Uint8Array.of(4, ...Array(15).fill(0)) } },
    ['attributes failed'],
  ],
  ['a quote that binds nothing', { quote: { reportData: new Uint8Array(64) } }, ['report-data failed']],
  ['another attestation key than the vouched one', { quote: { attestationKey: stranger } }, ['qe-report failed']],
  ['a quoting enclave of another processor', { quote: { pck: stranger } }, ['qe-report failed']],
  ['a quoting enclave of another vendor', { quote: { qeVendorId: new Uint8Array(16) } }, ['qe-report failed']],
  ['a quoting enclave that Intel did not sign', { quote: { qeMrSigner: new Uint8Array(32) } }, ['qe-identity failed']],
  [
    'a TDX module with attributes',
    { quote: { seamAttributes: Uint8Array.of(1, ...Array(7).fill(0)) } },
    ['attributes failed', 'tcb-status failed'],
  ],
  ['statements of another provisioning enclave', { collateral: { pceId: '0100' } }, ['tcb-info failed', 'tcb-status unknown']],
  [
    'statements that someone else signed',
    { collateral: { tcbSigner: stranger } },
    ['qe-identity failed', 'tcb-info failed', 'tcb-status unknown'],
  ],
  ['an old provisioning enclave', { collateral: { pceSvn: 12 } }, ['tcb-status failed']],
  ['a revoked processor CA', { collateral: { revokes: 'ca' } }, ['crl failed']],
  ['a revoked processor', { collateral: { revokes: 'pck' } }, ['crl failed']],
  ['a revoked signer of statements', { collateral: { revokes: 'tcb-signer' } }, ['crl failed']],
  ['a missing root list', { without: ['root_ca_crl'] }, ['crl failed']],
  ['a missing processor list', { without: ['pck_crl'] }, ['crl failed']],
  ['statements of another family', { collateral: { fmspc: '0102030405ff' } }, ['tcb-info failed', 'tcb-status unknown']],
  ['statements for another TEE', { collateral: { tee: 'sgx' } }, ['qe-identity failed', 'tcb-info failed', 'tcb-status failed']],
  [
    'statements before their time',
    { at: AT.getTime() - DAY_MS },
    ['crl failed', 'qe-identity failed', 'tcb-info failed', 'tcb-status unknown'],
  ],
  [
    'statements after their time',
    { at: AT.getTime() + 31 * DAY_MS },
    ['crl failed', 'qe-identity failed', 'tcb-info failed', 'tcb-status unknown'],
  ],
  [
    'statements signed by a processor',
    { collateral: { tcbSigner: machine.pck, tcbChain: machine.pckChain } },
    ['qe-identity failed', 'tcb-info failed', 'tcb-status unknown'],
  ],
  ['missing statements', { without: ['tcb_info', 'qe_identity'] }, ['qe-identity unknown', 'tcb-info unknown', 'tcb-status unknown']],
  ['a missing signature', { without: ['tcb_info_signature'] }, ['tcb-info failed', 'tcb-status unknown']],
  ['an older statement than was seen', { policy: { dcap: { minEvaluationNumber: 18 } } }, ['policy-tcb-floor failed']],
  ['another family than allowed', { policy: { dcap: { fmspcs: ['000000000000'] } } }, ['policy-fmspc failed']],
  ['another module than allowed', { policy: { dcap: { mrSeams: ['00'.repeat(48)] } } }, ['policy-mrseam failed']],
  ['another machine than allowed', { policy: { machines: ['08'.repeat(16)] } }, ['policy-machine failed']],
  [
    'another build than allowed',
    { policy: { measurements: [{ mrtd: '7D'.repeat(48), rtmr2: '00'.repeat(48) }] } },
    ['policy-measurement failed'],
  ],
  ['a policy with an empty build', { policy: { measurements: [{}] } }, ['policy-measurement failed']],
])('%s is refused', async (_, input, expected) => {
  const result = await verify(input);
  expect(notes(result).sort()).toEqual(expected.sort());
  expect(result.verdict).toBe('not-verified');
});

test('what the policy allows passes, in either case of hexadecimal', async () => {
  const policy: Policy = {
    dcap: { fmspcs: [machine.fmspc.toUpperCase()], mrSeams: ['5E'.repeat(48)], minEvaluationNumber: 17, requireSeptVeDisable: true },
    measurements: [{ mrtd: '00' }, { mrtd: '7D'.repeat(48), rtmr0: '10'.repeat(48) }],
    machines: ['07'.repeat(16)],
  };
  expect((await verify({ policy })).verdict).toBe('verified');
});

test('without collateral nothing is verified, and the quote’s own signatures are still checked', async () => {
  const result = await verifyEvidence({ tee: 'tdx', quote: await writeQuote(machine) }, { at: AT.getTime(), anchors });
  expect(notes(result)).toEqual(['crl unknown', 'qe-identity unknown', 'tcb-info unknown', 'tcb-status unknown']);
  expect(result.verdict).toBe('not-verified');
});

test('without its root nothing that rests on it passes', async () => {
  const result = await verify({ anchors: [] });
  expect(notes(result).sort()).toEqual([
    'chain failed',
    'crl unknown',
    'qe-identity failed',
    'qe-report unknown',
    'tcb-info failed',
    'tcb-status unknown',
  ]);
});

test('one root cannot speak for the machines of another', async () => {
  const other = await createDcapMachine(AT);
  const quote = await writeQuote(machine);
  const collateral = { ...(await writeCollateral(other)), ...lists(await writeCollateral(machine)) };
  const both = [...anchors, ...anchorsFromPem(toPem(other.root), { isSimulation: true })];
  const result = await verifyEvidence({ tee: 'tdx', quote, collateral }, { at: AT.getTime(), anchors: both });
  expect(notes(result).sort()).toEqual(['qe-identity failed', 'tcb-info failed', 'tcb-status unknown']);
});

function lists({ root_ca_crl = '', pck_crl = '' }: Collateral): Collateral {
  return { root_ca_crl, pck_crl };
}

test('a quote is refused where another kind was announced', async () => {
  const evidence: Evidence = { tee: 'sgx', quote: await writeQuote(machine), collateral: await writeCollateral(machine) };
  expect(notes(await verifyEvidence(evidence, { at: AT.getTime(), anchors }))).toEqual(['parse failed']);
});

test('collateral of the wrong shape is refused and never throws', async () => {
  const quote = await writeQuote(machine);
  const good = await writeCollateral(machine);
  for (const bad of ['', '{}', '[]', 'null', '{"id":1}', '"'.repeat(5), '['.repeat(100_000), `{"tcbLevels":${'9'.repeat(400)}}`]) {
    for (const name of Object.keys(good)) {
      const result = await verifyEvidence({ tee: 'tdx', quote, collateral: { ...good, [name]: bad } }, { at: AT.getTime(), anchors });
      expect(result.verdict, `${name} ${bad.slice(0, 9)}`).toBe(name === 'pck_crl_issuer_chain' ? 'verified' : 'not-verified');
    }
  }
});
