/** The checks of a report that need no cryptography. */
import { equalBytes, isAllZero, ParseError, toHex } from '../bytes.ts';
import type { Report } from '../checks.ts';
import type { Endorsement } from './endorsement.ts';
import { POLICY, type SnpReport } from './report.ts';
import { partsBelow, productOfCpu, readTcb, type Tcb, tcbText } from './tcb.ts';

/** What only this kind of evidence knows; what is left out is not looked at. */
export interface SevSnpPolicy {
  readonly minGuestSvn?: number;
  /** Lowest firmware levels. A part that the processor doesn't have counts as 0. */
  readonly tcbFloor?: Tcb;
  /** Default 0: the guest's most privileged level. Images with a service module of their own run below it. */
  readonly maxVmpl?: number;
}

/**
 * Compares the report with the certificate. AMD derives the processor's key from its firmware levels, so those of the certificate
 * are proven, while those of the report are only its word.
 */
export function checkEndorsement(
  parsed: SnpReport,
  endorsement: Endorsement | ParseError | undefined,
  report: Report,
): Endorsement | undefined {
  if (endorsement === undefined || endorsement instanceof ParseError) {
    const status = endorsement ? 'failed' : 'unknown';
    const explain = endorsement?.message ?? 'The processor’s certificate is missing or malformed.';
    report.add('tcb-certificate', status, { explain });
    report.add('hwid', status, { explain });
    return undefined;
  }
  const { kind, product, tcb, hardwareId } = endorsement;
  const reported = readTcb(product, parsed.reportedTcb);
  report.expect('tcb-certificate', partsBelow(reported, tcb).length === 0 && partsBelow(tcb, reported).length === 0, {
    expected: tcbText(tcb),
    actual: tcbText(reported),
    explain: 'The report claims other firmware levels than those of its certificate.',
  });
  report.expect('tcb-certificate', parsed.signingKey === kind, {
    expected: kind,
    actual: parsed.signingKey ?? 'none',
    explain: 'The report says that it was signed by another kind of key.',
  });
  const cpu = parsed.cpu && productOfCpu(parsed.cpu.family, parsed.cpu.model);
  report.expect('hwid', cpu === undefined || cpu === product, {
    expected: product,
    ...(cpu && { actual: cpu }),
    explain: 'The report is of another kind of processor than its certificate.',
  });
  if (hardwareId) checkHardwareId(parsed.chipId, hardwareId, report);
  else
    report.add('hwid', 'warned', { explain: 'The key is shared by the machines of a provider: which of them it is, the provider says.' });
  return endorsement;
}

function checkHardwareId(chipId: Uint8Array, hardwareId: Uint8Array, report: Report): void {
  const isSame = equalBytes(chipId.subarray(0, hardwareId.length), hardwareId) && isAllZero(chipId.subarray(hardwareId.length));
  report.expect('hwid', isSame, {
    expected: toHex(hardwareId),
    actual: toHex(chipId),
    explain: isAllZero(chipId) ? 'The machine hides its chip’s id.' : 'The certificate is of another chip.',
  });
}

/** How the guest was started: AMD 56860 §4.3. */
export function checkGuest({ policy, vmpl }: SnpReport, { maxVmpl = 0 }: SevSnpPolicy, report: Report): void {
  report.expect('debug', (policy & POLICY.debug) === 0n, { explain: 'The guest’s policy lets the host read its memory.' });
  report.expect('migration', (policy & POLICY.migrationAgent) === 0n, {
    explain: 'The guest’s policy lets an agent move it to another machine.',
  });
  report.expect('attributes', (policy & POLICY.mustBeOne) !== 0n && (policy & POLICY.mustBeZero) === 0n, {
    actual: `0x${policy.toString(16)}`,
    explain: 'The guest’s policy has a reserved bit that no rule here covers.',
  });
  report.expect('attributes', vmpl <= maxVmpl, {
    expected: `VMPL ${maxVmpl}`,
    actual: `VMPL ${vmpl}`,
    explain: 'The report was asked for from a less privileged level of the guest than is allowed.',
  });
}

export function checkPolicy(parsed: SnpReport, endorsement: Endorsement | undefined, policy: SevSnpPolicy, report: Report): void {
  const { minGuestSvn, tcbFloor } = policy;
  if (minGuestSvn !== undefined) {
    report.expect('policy-measurement', parsed.guestSvn >= minGuestSvn, {
      expected: `at least ${minGuestSvn}`,
      actual: `${parsed.guestSvn}`,
      explain: 'The guest’s security version is too low.',
    });
  }
  if (tcbFloor) checkFloor(endorsement, tcbFloor, report);
}

/** Judged by the certificate, since the report's own word was compared with it. */
function checkFloor(endorsement: Endorsement | undefined, floor: Tcb, report: Report): void {
  if (!endorsement) {
    report.add('policy-tcb-floor', 'unknown', { explain: 'Without the processor’s certificate its firmware levels are not known.' });
    return;
  }
  const below = partsBelow(endorsement.tcb, floor);
  report.expect('policy-tcb-floor', below.length === 0, {
    expected: tcbText(floor),
    actual: tcbText(endorsement.tcb),
    explain: `The firmware is older than is allowed: ${below.join(', ')}.`,
  });
}
