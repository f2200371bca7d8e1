/** The checks, gathered into the few lines a person reads first. */
import type { Check, CheckId, EnvironmentVerdict } from '@privexbot/attestation';

export const LINES = [
  {
    id: 'machine',
    checks: [
      'parse',
      'chain',
      'crl',
      'signature',
      'qe-report',
      'qe-identity',
      'tcb-certificate',
      'hwid',
      'policy-fmspc',
      'policy-mrseam',
      'policy-machine',
      'simulation',
    ],
  },
  { id: 'updates', checks: ['tcb-info', 'tcb-status', 'policy-tcb-floor'] },
  { id: 'closed', checks: ['debug', 'migration', 'attributes'] },
  { id: 'release', checks: ['event-log', 'policy-measurement', 'release', 'release-log', 'release-rollback'] },
  { id: 'settings', checks: ['launch-manifest'] },
  { id: 'connection', checks: ['freshness', 'report-data', 'origin', 'identity'] },
  { id: 'model', checks: ['model'] },
] as const satisfies readonly { id: string; checks: readonly CheckId[] }[];

export type LineId = (typeof LINES)[number]['id'];

/** `unknown` counts as failed for a person: it was not shown to be right. */
export type LineStatus = 'passed' | 'warned' | 'failed' | 'simulated';

export interface Line {
  readonly id: LineId;
  readonly status: LineStatus;
  readonly checks: readonly Check[];
}

/** The lines of a verdict; one without any check is left out. Each is as good as its worst check, never the average; what a simulation passed is not called passed. */
export function linesOf({ verdict, checks }: Pick<EnvironmentVerdict, 'verdict' | 'checks'>): Line[] {
  return LINES.flatMap(({ id, checks: ids }) => {
    const own = checks.filter((check) => (ids as readonly CheckId[]).includes(check.id));
    if (own.length === 0) return [];
    const worst = worstOf(own);
    // The chain of a simulation is a reservation of its own, and the simulated look says the same.
    const isSimulated = verdict === 'simulated' && (worst === 'passed' || (id === 'machine' && worst === 'warned'));
    return [{ id, checks: own, status: isSimulated ? 'simulated' : worst }];
  });
}

function worstOf(checks: readonly Check[]): 'passed' | 'warned' | 'failed' {
  if (checks.some(isFailed)) return 'failed';
  return checks.some(({ status }) => status === 'warned') ? 'warned' : 'passed';
}

export function isFailed({ status }: Pick<Check, 'status'>): boolean {
  return status === 'failed' || status === 'unknown';
}

/**
 * Whether somebody who set the server up anew may forget the one that is remembered. `here`: another environment answers, nothing else
 * is wrong, and no hardware ever vouched for the old one. `by-hand`: it was verified, and is not given up for a button that somebody
 * may be talked into pressing.
 */
export function startOver(
  { checks }: Pick<EnvironmentVerdict, 'checks'>,
  wasVerified: boolean | undefined,
): 'here' | 'by-hand' | undefined {
  const failed = checks.filter(isFailed);
  if (wasVerified === undefined || !failed.some(({ id }) => id === 'identity')) return undefined;
  if (wasVerified) return 'by-hand';
  return failed.length === 1 ? 'here' : undefined;
}

/** The check because of which nothing is sent, the first in the order of reporting. */
export function firstFailure({ checks }: Pick<EnvironmentVerdict, 'checks'>): Check | undefined {
  return checks.find(({ status }) => status === 'failed') ?? checks.find(isFailed);
}
