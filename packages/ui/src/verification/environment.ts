/** What the screens know of the machine at the other end. Whoever talks to it reports here; no screen decides anything itself. */
import type { EnvironmentVerdict } from '@privexbot/attestation';

/** `unreachable`: no answer, so nothing is known now. `checked`: the verdict says the rest. */
export type CheckPhase = 'checking' | 'checked' | 'unreachable';

export interface PastCheck {
  readonly at: Date;
  readonly verdict: EnvironmentVerdict['verdict'] | 'unreachable';
}

export interface EnvironmentState {
  readonly phase: CheckPhase;
  /** Of the last check that came to an end. */
  readonly verdict?: EnvironmentVerdict;
  /** Three words for the sealed session, for people to compare. */
  readonly keyWords?: string;
  /** Whether hardware ever vouched for the environment that is remembered; undefined where none is, or where a link names one. */
  readonly wasVerified?: boolean | undefined;
  /** Since the page was opened, oldest first; kept in memory only. */
  readonly history: readonly PastCheck[];
}

/** The one line of a page to its server, as the screens see it. */
export interface Environment {
  current(): EnvironmentState;
  subscribe(listener: () => void): () => void;
  /** Checks again from the start, with fresh evidence; `quietly` changes nothing on the screen before it has come to an end. */
  recheck(how?: { quietly?: boolean }): void;
  /** Forgets the environment and the key of this device; the page must be loaded anew after it. */
  forget(): Promise<void>;
  /** Everything that is needed to repeat the last check elsewhere, as JSON. */
  evidence(): Promise<unknown>;
}

/** What the shield shows: `docs/architecture.md` names the verdicts, the other two say that there is none now. */
export type ShieldState = EnvironmentVerdict['verdict'] | 'checking' | 'unknown';

export function shieldState({ phase, verdict }: EnvironmentState, now: Date): ShieldState {
  if (phase === 'checking') return 'checking';
  // A server that once was refused stays refused until a check says otherwise; not reaching it proves nothing.
  if (verdict?.verdict === 'not-verified') return 'not-verified';
  if (phase === 'unreachable' || !verdict || isOutdated(verdict, now)) return 'unknown';
  return verdict.verdict;
}

export function isOutdated({ validUntil }: Pick<EnvironmentVerdict, 'validUntil'>, now: Date): boolean {
  return validUntil !== undefined && new Date(validUntil) <= now;
}

/** Whether something may be sent: `waiting` until a check ends, `closed` until another check says otherwise. */
export type Gate = 'open' | 'waiting' | 'closed';

const GATES: Record<ShieldState, Gate> = {
  checking: 'waiting',
  verified: 'open',
  'verified-with-warnings': 'open',
  simulated: 'open',
  'not-verified': 'closed',
  unknown: 'closed',
};

export function gateOf(state: ShieldState): Gate {
  return GATES[state];
}
