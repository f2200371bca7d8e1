import { type Evidence, type Verification, vendorAnchors, verifyEvidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem } from '../../../start-problem.ts';
import type { TeeKind } from '../tee-provider.ts';

/**
 * Looks at this machine's own evidence as a client would. What a client would refuse is written to the log and no reason not to start: whoever runs
 * the machine may bring newer collateral while it runs.
 * @throws StartProblem where the evidence cannot even be read
 */
export async function examine(kind: TeeKind, evidence: Evidence, now: Date, log: Log): Promise<Verification & { registers: Registers }> {
  const verification = await verifyEvidence(evidence, { at: now.getTime(), anchors: vendorAnchors() });
  const { claims, checks } = verification;
  if (!claims) {
    const explain = checks.find(({ id }) => id === 'parse')?.explain ?? 'nothing in it could be read';
    throw new StartProblem(`The evidence of this machine is not that of PRIVEXBOT_TEE=${kind}: ${explain}.`);
  }
  // What is bound here is a question of the start, not of a connection.
  const refused = checks
    .filter(({ id, status }) => id !== 'report-data' && (status === 'failed' || status === 'unknown'))
    .map(({ id }) => id);
  if (refused.length > 0) log.warn({ kind, refused }, 'clients will not accept the evidence of this machine as it is now');
  return { ...verification, registers: claims.registers };
}

export type Registers = Readonly<Record<string, string>>;

/** Evidence before anybody asked: it binds nothing that opens a channel. */
export const START_DATA = new Uint8Array(64).fill(1);
