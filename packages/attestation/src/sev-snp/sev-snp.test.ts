import { beforeAll, expect, test } from 'vitest';
import { anchorsFromPem, type TrustAnchor } from '../anchors.ts';
import type { Policy } from '../policy.ts';
import { toPem } from '../simulation/authority.ts';
import { createSnpMachine, type SnpContent, type SnpMachine, writeSnpCrl, writeSnpEvidence } from '../simulation/sev-snp.ts';
import { type VerifyOptions, verifyEvidence } from '../verify.ts';
import { readSevSnpPins } from './pins.ts';
import { PRODUCTS } from './tcb.ts';
import type { SevSnpEvidence } from './verify-sev-snp.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const DAY = 86_400_000;
const NO_CRL = { policy: { sevSnp: { isCrlRequired: false } } };

let machine: SnpMachine;
let anchors: readonly TrustAnchor[];
let crl: Uint8Array;

beforeAll(async () => {
  machine = await createSnpMachine(AT, 'Genoa');
  anchors = anchorsFromPem(toPem(machine.root));
  crl = await writeSnpCrl(machine, AT);
});

test.each(PRODUCTS)('a report of a %s processor passes every check, in every version', async (product) => {
  const own = await createSnpMachine(AT, product);
  const list = await writeSnpCrl(own, AT);
  for (const version of [2, 3, 4, 5]) {
    const evidence = { ...(await writeSnpEvidence(own, { version })), crl: list };
    const { checks, claims } = await verify(evidence, {
      anchors: anchorsFromPem(toPem(own.root)),
      expectedReportData: new Uint8Array(64).fill(0xda),
    });
    expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual(
      ['parse', 'chain', 'crl', 'signature', 'tcb-certificate', 'hwid', 'debug', 'migration', 'attributes', 'report-data'].map(
        (id) => `${id} passed`,
      ),
    );
    expect(claims).toMatchObject({
      registers: { measurement: '3e'.repeat(48) },
      machine: Buffer.from(own.chipId).toString('hex'),
      details: { report_version: String(version), product, signing_key: 'VCEK', vmpl: '0', tcb_microcode: '84' },
    });
  }
});

test('bytes that later versions use where earlier ones had none are no reason to refuse', async () => {
  expect(await failures({ version: 5, patches: { 504: [0x0b, 0, 0, 0, 0, 0, 0, 0, 0x0b], 600: [1, 2, 3] } })).toEqual([]);
});

test('a provider’s key (VLEK) is accepted with a warning, but on no list of machines', async () => {
  const own = await createSnpMachine(AT, 'Milan', 'VLEK');
  const evidence = { ...(await writeSnpEvidence(own)), crl: await writeSnpCrl(own, AT) };
  const options = { anchors: anchorsFromPem(toPem(own.root)) };
  expect((await verify(evidence, options)).verdict).toBe('verified-with-warnings');
  const machines = [Buffer.from(own.chipId).toString('hex')];
  expect(await failuresOf(evidence, { ...options, policy: { machines } })).toEqual(['policy-machine']);
});

test('verifying leaves the evidence as it was, also where it is a Buffer', async () => {
  const { report, ...rest } = await writeSnpEvidence(machine);
  const evidence = { ...rest, report: Buffer.from(report), crl };
  for (const _ of [1, 2]) expect((await verify(evidence, { anchors })).checks.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(new Uint8Array(evidence.report)).toEqual(report);
});

test('a report of another root is refused', async () => {
  expect(await failures({}, { anchors: [] })).toEqual(['chain']);
  expect(await failures({}, { anchors: anchorsFromPem(toPem((await createSnpMachine(AT, 'Genoa')).root)) })).toContain('chain');
});

test('the root may be left out of the evidence, the signing key may not', async () => {
  const evidence = { ...(await writeSnpEvidence(machine)), crl };
  expect(await failuresOf({ ...evidence, issuers: [machine.intermediate] })).toEqual([]);
  expect(await failuresOf({ ...evidence, issuers: [machine.root] })).toContain('chain');
});

test('of a Turin chip’s id eight bytes are its id, and the others are zero', async () => {
  const own = await createSnpMachine(AT, 'Turin');
  const evidence = { ...(await writeSnpEvidence(own, { chipId: new Uint8Array(64).fill(0xc5) })), crl: await writeSnpCrl(own, AT) };
  expect(await failuresOf(evidence, { anchors: anchorsFromPem(toPem(own.root)) })).toEqual(['hwid']);
});

test('a certificate that does not belong to the chain, or a thousand of them, are refused', async () => {
  const evidence = { ...(await writeSnpEvidence(machine)), crl };
  const other = (await createSnpMachine(AT, 'Milan')).root;
  expect(await failuresOf({ ...evidence, issuers: [machine.intermediate, other] })).toEqual(['chain']);
  const { intermediate, root } = machine;
  expect(await failuresOf({ ...evidence, issuers: [intermediate, root, ...new Array<Uint8Array>(1000).fill(root)] })).toEqual(['chain']);
});

test('a certificate that is no processor’s is refused, be it a signing key’s or a root', async () => {
  const evidence = { ...(await writeSnpEvidence(machine)), crl };
  for (const certificate of [machine.intermediate, machine.root]) {
    expect(await failuresOf({ ...evidence, certificate })).toEqual(expect.arrayContaining(['chain', 'signature', 'tcb-certificate']));
  }
});

test('nothing is verified without the processor’s certificate, yet the report is read', async () => {
  const { report } = await writeSnpEvidence(machine);
  const { verdict, checks, claims } = await verify({ report, issuers: [] });
  expect(verdict).toBe('not-verified');
  expect(checks.filter(({ status }) => status === 'unknown').map(({ id }) => id)).toEqual([
    'chain',
    'crl',
    'signature',
    'tcb-certificate',
    'hwid',
  ]);
  expect(claims?.registers.measurement).toBe('3e'.repeat(48));
});

test.each([
  ['before it begins', -DAY - 1],
  ['after its end', 8 * 365 * DAY],
])('a certificate is refused %s', async (_, offsetMs) => {
  expect(await failures({}, { at: AT.getTime() + offsetMs, ...NO_CRL }, false)).toEqual(['chain']);
});

test('a missing revocation list is unknown, and a broken, foreign or ended one is refused', async () => {
  const evidence = await writeSnpEvidence(machine);
  const missing = await verify(evidence);
  expect(missing.verdict).toBe('not-verified');
  expect(missing.checks).toContainEqual(expect.objectContaining({ id: 'crl', status: 'unknown' }));
  expect((await verify(evidence, NO_CRL)).verdict).toBe('verified');
  const flipped = crl.slice();
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const foreign = await writeSnpCrl(await createSnpMachine(AT, 'Genoa'), AT);
  for (const bad of [new Uint8Array(), Uint8Array.of(1, 2, 3), crl.slice(1), flipped, foreign]) {
    expect(await failuresOf({ ...evidence, crl: bad }, NO_CRL)).toEqual(['crl']);
  }
  expect(await failures({}, { at: AT.getTime() + 31 * DAY })).toEqual(['crl']);
  expect(await failuresOf({ ...evidence, crl: await writeSnpCrl(machine, AT, { isAskRevoked: true }) })).toEqual(['crl']);
});

test.each<[string, SnpContent, string[]]>([
  ['debug is allowed', { policy: 0xb0000n }, ['debug']],
  ['a migration agent is allowed', { policy: 0x70000n }, ['migration']],
  ['the bit that must be one is zero', { policy: 0x10000n }, ['attributes']],
  ['a reserved bit is one', { policy: 0x30000n | (1n << 40n) }, ['attributes']],
  ['the known bits 20 to 25 are one', { policy: 0x3f30000n }, []],
  ['it comes from VMPL 1', { vmpl: 1 }, ['attributes']],
  ['it binds nothing', { reportData: new Uint8Array(64) }, ['report-data']],
  ['it claims higher firmware levels', { tcb: { bootloader: 10, tee: 0, snp: 24, microcode: 84 } }, ['tcb-certificate']],
  ['it claims lower firmware levels', { tcb: { bootloader: 9, tee: 0, snp: 23, microcode: 84 } }, ['tcb-certificate']],
  ['it is of another chip', { chipId: new Uint8Array(64).fill(1) }, ['hwid']],
  ['it hides its chip', { chipId: new Uint8Array(64) }, ['hwid']],
  ['it is of another processor', { patches: { 392: [0x1a, 0x02] } }, ['hwid']],
  ['it says that a provider’s key signed', { patches: { 72: [1 << 2] } }, ['tcb-certificate']],
  ['it says that it is not signed', { patches: { 72: [7 << 2] } }, ['tcb-certificate']],
  ['its version is not known', { version: 6 }, ['parse']],
  ['its version is from before SNP', { version: 1 }, ['parse']],
  ['its algorithm is another', { patches: { 52: [2] } }, ['parse']],
])('a report is judged where %s', async (_, content, expected) => {
  expect(await failures(content)).toEqual(expected);
});

test('a report made for another connection is refused', async () => {
  expect(await failures({}, { expectedReportData: new Uint8Array(64).fill(1) })).toEqual(['report-data']);
});

test.each<[string, Policy, string[]]>([
  ['measurements', { measurements: [{ measurement: '00'.repeat(48) }, { measurement: '3E'.repeat(48) }] }, []],
  ['other measurements', { measurements: [{ measurement: '00'.repeat(48) }] }, ['policy-measurement']],
  ['no measurement at all', { measurements: [] }, ['policy-measurement']],
  ['host data', { measurements: [{ host_data: '00'.repeat(32) }] }, []],
  ['other host data', { measurements: [{ measurement: '3e'.repeat(48), host_data: '01'.repeat(32) }] }, ['policy-measurement']],
  ['another id key', { measurements: [{ id_key_digest: '01'.repeat(48) }] }, ['policy-measurement']],
  ['a guest version', { sevSnp: { minGuestSvn: 1 } }, ['policy-measurement']],
  ['the same levels', { sevSnp: { tcbFloor: { bootloader: 10, snp: 23, microcode: 84 } } }, []],
  ['a higher level', { sevSnp: { tcbFloor: { microcode: 85 } } }, ['policy-tcb-floor']],
  ['a level that the processor does not have', { sevSnp: { tcbFloor: { fmc: 1 } } }, ['policy-tcb-floor']],
  ['its machine', { machines: ['c5'.repeat(64)] }, []],
  ['other machines', { machines: ['c6'.repeat(64)] }, ['policy-machine']],
  ['less privilege', { sevSnp: { maxVmpl: 3 } }, []],
])('a policy that names %s', async (_, policy, expected) => {
  expect(await failures({}, { policy })).toEqual(expected);
});

test('a report cut or extended by a byte is not read, and its certificates are still looked at', async () => {
  const evidence = { ...(await writeSnpEvidence(machine)), crl };
  for (const length of [0, 1, 3, 4, 671, 672, 1000, 1183]) {
    const { checks } = await verify({ ...evidence, report: evidence.report.slice(0, length) });
    expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual(['parse failed', 'chain passed', 'crl passed']);
  }
  expect(await failuresOf({ ...evidence, report: Uint8Array.of(...evidence.report, 0) })).toEqual(['parse']);
});

test('any changed bit of the report or of a certificate is refused', async () => {
  const evidence = { ...(await writeSnpEvidence(machine)), crl };
  const { report, certificate = new Uint8Array(), issuers } = evidence;
  for (const altered of alterations(report, 97)) expect(await failuresOf({ ...evidence, report: altered })).not.toEqual([]);
  for (const altered of alterations(certificate, 211)) expect(await failuresOf({ ...evidence, certificate: altered })).not.toEqual([]);
  for (const [index, issuer] of issuers.entries()) {
    for (const altered of alterations(issuer, 307)) {
      expect(await failuresOf({ ...evidence, issuers: issuers.with(index, altered) })).toContain('chain');
    }
  }
});

test('pins of a policy file are read by name, and an unknown one is refused', () => {
  const json = {
    schema_version: '1',
    policy: { enforce_spec_defaults: true, expected_measurement_hex: 'ab', min_tcb_bl_spl: 20, min_tcb_ucode_spl: 3 },
  };
  expect(readSevSnpPins(json)).toEqual({ measurements: [{ measurement: 'ab' }], sevSnp: { tcbFloor: { bootloader: 20, microcode: 3 } } });
  expect(readSevSnpPins({ schema_version: '1' })).toEqual({});
  for (const policy of [
    { expected_colour: 'ab' },
    { min_tcb_bl_spl: '20' },
    { min_tcb_bl_spl: -1 },
    { expected_measurement_hex: 'xy' },
    [],
  ]) {
    expect(() => readSevSnpPins({ policy })).toThrow();
  }
});

function* alterations(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let bit = 3; bit < 8 * bytes.length; bit += step) {
    const altered = bytes.slice();
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield altered;
  }
}

function verify(evidence: SevSnpEvidence, options: Partial<VerifyOptions> = {}) {
  return verifyEvidence({ tee: 'sev-snp', ...evidence }, { at: AT.getTime(), anchors, ...options });
}

async function failuresOf(evidence: SevSnpEvidence, options?: Partial<VerifyOptions>): Promise<string[]> {
  const { checks } = await verify(evidence, options);
  return checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
}

async function failures(content: SnpContent, options?: Partial<VerifyOptions>, hasCrl = true): Promise<string[]> {
  const evidence = await writeSnpEvidence(machine, content);
  return failuresOf(hasCrl ? { ...evidence, crl } : evidence, options);
}
