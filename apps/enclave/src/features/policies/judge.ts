/** What policies say of somebody who stands at the door: pure, so that a preview and the door itself agree. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { OrgId, Policies, REFUSING_POLICIES, UserId } from '@privexbot/contract';
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

/** What a policy calls the way a session was begun. Another organization's connection is no way into this one. */
function wayOf({ method, connection }: SessionFacts, org: OrgId): Way | undefined {
  if (connection) return connection.org === org ? 'sso' : undefined;
  return method as Way;
}

/** Whether an address lies in one of the networks; all do where there are none. */
export function isInside(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) return true;
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIPv4(bare) ? 'ipv4' : isIPv6(bare) ? 'ipv6' : undefined;
  return family !== undefined && listOf(networks, family).check(bare, family);
}

const lists = new WeakMap<readonly string[], Record<'ipv4' | 'ipv6', BlockList>>();

/** One list for each family, since one for both compares IPv4 addresses with mapped IPv6 ranges. */
function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  let made = lists.get(networks);
  if (!made) {
    made = { ipv4: new BlockList(), ipv6: new BlockList() };
    for (const network of networks) {
      const [base = '', prefix] = network.split('/');
      const of = isIPv4(base) ? 'ipv4' : 'ipv6';
      made[of].addSubnet(base, Number(prefix ?? (of === 'ipv4' ? 32 : 128)), of);
    }
    lists.set(networks, made);
  }
  return made[family];
}

function ageOf(since: Date, now: Date): number {
  return (now.getTime() - since.getTime()) / MINUTE_MS;
}

function latest(a: Date | undefined, b: Date): Date {
  return a && a > b ? a : b;
}
