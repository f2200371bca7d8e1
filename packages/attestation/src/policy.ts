import type { Report } from './checks.ts';
import type { DcapPolicy } from './dcap/verify-dcap.ts';
import type { NitroOptions } from './nitro/verify-nitro.ts';
import type { SevSnpPolicy } from './sev-snp/report-checks.ts';

/** Registers by name and in hexadecimal, as `Claims.registers` has them: every one that is named must match. */
export type Measurement = Readonly<Record<string, string>>;

/** What is asked for beyond what every genuine machine must be; an absent member asks for nothing. */
export interface Policy {
  /** Any one of these is an allowed build. */
  readonly measurements?: readonly Measurement[];
  /** Any one of these is an allowed machine, as `Claims.machine` names it. */
  readonly machines?: readonly string[];
  readonly dcap?: DcapPolicy;
  readonly sevSnp?: SevSnpPolicy & { readonly isCrlRequired?: boolean };
  readonly nitro?: Pick<NitroOptions, 'maxAgeMs' | 'nonce'>;
}

/** What the evidence states: to be believed only if no check failed. Hexadecimal, lower case. */
export interface Claims {
  readonly tee: Tee;
  /** What the evidence binds; absent where it can be left out and was. */
  readonly reportData?: string;
  /** Measurements: `mrtd`, `rtmr0`, `compose_hash`, `mrenclave`, `measurement`, `pcr0` and so on. */
  readonly registers: Readonly<Record<string, string>>;
  /** Names the machine, where the evidence does: PPID or chip id. */
  readonly machine?: string;
  readonly tcb?: { readonly status: string; readonly date: Date; readonly advisories: readonly string[] };
  /** Further statements of this kind of evidence, for people and for pinning. */
  readonly details: Readonly<Record<string, string>>;
  /** When the first part of the evidence runs out. */
  readonly validUntil?: Date;
}

export type Tee = 'tdx' | 'sgx' | 'sev-snp' | 'nitro';

/** The checks that are the same for every kind of evidence: what was bound, which build, which machine. */
export function checkClaims(claims: Claims, policy: Policy, expectedReportData: string | undefined, report: Report): void {
  const { reportData, registers, machine } = claims;
  if (expectedReportData !== undefined) {
    report.expect('report-data', reportData === expectedReportData && !isZero(reportData), {
      expected: expectedReportData,
      actual: reportData ?? 'nothing',
      explain: 'The evidence was made for something else: an older check, another connection or another server.',
    });
  } else if (reportData !== undefined && isZero(reportData)) {
    report.add('report-data', 'failed', { explain: 'The evidence binds nothing, so it says nothing about who answers here.' });
  }
  if (policy.measurements) {
    const isAllowed = policy.measurements.some((measurement) => isMeasurement(measurement, claims));
    report.expect('policy-measurement', isAllowed, {
      expected: policy.measurements.map(describe).join(' or '),
      actual: describe(registers),
      explain: 'It runs a build that is not on the list of allowed builds.',
    });
  }
  if (policy.machines) report.expectListed('policy-machine', policy.machines, machine, 'The machine is not one of those that are allowed.');
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex);
}

/**
 * Less than these does not name a build. Nitro: CVE-2025-64186. TDX: the guest itself extends RTMR3, from which a compose file's hash
 * is read, so that hash is worth as much as the guest that MRTD and RTMR0 to 2 name.
 */
const WHOLE_BUILD: readonly { readonly tee: Tee; readonly when?: string; readonly needs: readonly string[] }[] = [
  { tee: 'nitro', needs: ['pcr0', 'pcr1', 'pcr2'] },
  { tee: 'tdx', when: 'compose_hash', needs: ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2'] },
];

/** An empty measurement pins nothing and so allows nothing. */
export function isMeasurement(measurement: Measurement, { tee, registers }: Claims): boolean {
  const pins = Object.entries(measurement);
  const rules = WHOLE_BUILD.filter((rule) => rule.tee === tee && (rule.when === undefined || rule.when in measurement));
  const isWhole = pins.length > 0 && rules.every(({ needs }) => needs.every((name) => name in measurement));
  return isWhole && pins.every(([name, value]) => registers[name] === value.toLowerCase());
}

export function describe(measurement: Measurement): string {
  return Object.entries(measurement)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
