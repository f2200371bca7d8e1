/** What is looked at, in the order in which it is reported. */
export const CHECKS = {
  parse: 'The evidence is well-formed',
  chain: 'The signing certificate is of a genuine processor',
  crl: 'No certificate was revoked',
  signature: 'The evidence was signed by that processor',
  'qe-report': 'The signing key was vouched for by the quoting enclave',
  'qe-identity': 'The quoting enclave is one that the vendor published',
  'tcb-info': 'The vendor’s statement about security updates is genuine and current',
  'tcb-status': 'The processor’s security updates are current',
  'tcb-certificate': 'The firmware levels are those of the certificate',
  hwid: 'The certificate is of this very chip',
  debug: 'Nobody can look inside with a debugger',
  migration: 'Nobody can move it to another machine',
  attributes: 'It runs with the protections that are asked for',
  freshness: 'The evidence was made just now',
  'report-data': 'The evidence was made for this connection',
  'event-log': 'The log of what was started fits the measurements',
  'policy-fmspc': 'The processor is of an allowed family',
  'policy-mrseam': 'The processor’s own module is an allowed one',
  'policy-measurement': 'It runs an allowed build',
  'policy-tcb-floor': 'The firmware is not older than is allowed',
  'policy-machine': 'The machine is an allowed one',
  identity: 'It is the environment you know',
  origin: 'It speaks for this address',
  release: 'It runs a published release',
  'release-log': 'The release stands in a public log that nobody can rewrite',
  'release-rollback': 'It is not older than what was seen before',
  'launch-manifest': 'It was started with the settings that were measured',
  model: 'The models that run inside are the ones that were measured',
  simulation: 'Real hardware answers, not a simulation',
} as const;

export type CheckId = keyof typeof CHECKS;

/** `unknown`: could not be looked at, because its input is missing or broken; nothing is verified then. */
export type CheckStatus = 'passed' | 'warned' | 'failed' | 'unknown';

export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly status: CheckStatus;
  readonly expected?: string;
  readonly actual?: string;
  /** What went wrong and what it means, in words for people. */
  readonly explain?: string;
}

/** Collects checks; of several results for one id the worst stands. */
export class Report {
  readonly #checks = new Map<CheckId, Check>();

  add(id: CheckId, status: CheckStatus, facts: Pick<Check, 'expected' | 'actual' | 'explain'> = {}): void {
    const before = this.#checks.get(id);
    if (!before || SEVERITY.indexOf(status) > SEVERITY.indexOf(before.status))
      this.#checks.set(id, { id, title: CHECKS[id], status, ...facts });
  }

  /** Adds a check that passed or failed. */
  expect(id: CheckId, isRight: boolean, facts: Pick<Check, 'expected' | 'actual' | 'explain'> = {}): boolean {
    if (isRight) this.add(id, 'passed');
    else this.add(id, 'failed', facts);
    return isRight;
  }

  /** Adds a check that passed if `actual` is one of `allowed`, whose hexadecimal may be in either case. */
  expectListed(id: CheckId, allowed: readonly string[], actual: string | undefined, explain: string): boolean {
    const isListed = allowed.some((value) => value.toLowerCase() === actual);
    return this.expect(id, isListed, { expected: allowed.join(' or '), actual: actual ?? 'not stated', explain });
  }

  get checks(): Check[] {
    return (Object.keys(CHECKS) as CheckId[]).flatMap((id) => this.#checks.get(id) ?? []);
  }
}

const SEVERITY: readonly CheckStatus[] = ['passed', 'warned', 'unknown', 'failed'];
