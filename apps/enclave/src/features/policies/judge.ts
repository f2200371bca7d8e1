/** What policies say of somebody who stands at the door: pure, so that a preview and the door itself agree. */
import type { OrgId, Policies, REFUSING_POLICIES, UserId } from '@privexbot/contract';
import { isInside } from '../../http/networks.ts';
import type { SessionFacts } from '../../http/scope.ts';

type Way = NonNullable<Policies['ways']>[number];
type RefusingPolicy = (typeof REFUSING_POLICIES)[number];
/** Why somebody stays outside: the code of the error, or the policy that `policy_refused` names. */
export type Refusal = 'sso_required' | 'mfa_required' | RefusingPolicy;

export interface Visitor {
  readonly user: UserId;
  readonly address: string;
  /** Absent for API keys, of which only the address is judged. */
  readonly facts: SessionFacts | undefined;
  /** When the session was last used in the organization. */
  readonly seenAt: Date | undefined;
}

const MINUTE_MS = 60_000;

/** The first policy that keeps the visitor out; undefined where none does. */
export function judge(policies: Policies, org: OrgId, { user, address, facts, seenAt }: Visitor, now: Date): Refusal | undefined {
  if (!isInside(policies.networks, address)) return 'address';
  if (!facts) return undefined;
  const isByConnection = facts.connection?.org === org;
  if (policies.sessionMinutes && ageOf(facts.startedAt, now) > policies.sessionMinutes) return 'session_age';
  if (policies.idleMinutes && ageOf(latest(seenAt, facts.startedAt), now) > policies.idleMinutes) return 'idle';
  const breaksGlass = policies.ssoRequired && !isByConnection && policies.breakGlass.includes(user);
  if (policies.ssoRequired && !isByConnection && !breaksGlass) return 'sso_required';
  const way = wayOf(facts, org);
  if (!breaksGlass && policies.ways && !(way && policies.ways.includes(way))) return 'ways';
  const asksForSecond = breaksGlass || policies.mfa === 'everybody' || (policies.mfa === 'own' && !isByConnection);
  return asksForSecond && !facts.amr.includes('mfa') ? 'mfa_required' : undefined;
}

/** Whether nothing but the organization's own connections lets people in. */
export function isSsoOnly({ ssoRequired, ways }: Policies): boolean {
  return ssoRequired || (ways?.every((way) => way === 'sso') ?? false);
}

/** What a policy calls the way a session was begun. Another organization's connection is no way into this one. */
function wayOf({ method, connection }: SessionFacts, org: OrgId): Way | undefined {
  if (connection) return connection.org === org ? 'sso' : undefined;
  return method as Way;
}

function ageOf(since: Date, now: Date): number {
  return (now.getTime() - since.getTime()) / MINUTE_MS;
}

function latest(a: Date | undefined, b: Date): Date {
  return a && a > b ? a : b;
}
