import type { LOCK_REASONS, OrgId, Policies, Role, SSO_NEEDS, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Database } from '../../db/database.ts';
import { isInside } from '../../http/networks.ts';
import { findWaysIn, type WaysIn } from '../auth/index.ts';
import { domainOfEmail, verifiedDomains } from '../domains/index.ts';
import { listMemberships } from '../organizations/index.ts';
import { hasTestedConnection, listActiveConnections } from '../sso/index.ts';
import { isSsoOnly, judge, type Refusal } from './judge.ts';

export type LockReason = (typeof LOCK_REASONS)[number];

interface Locked {
  readonly user: UserId;
  readonly name: string;
  readonly email?: string;
  readonly role: Role;
  readonly reasons: LockReason[];
}

export interface Preview {
  readonly members: number;
  readonly counts: Partial<Record<LockReason, number>>;
  readonly locked: Locked[];
}

const CHUNK = 500;
const MAX_LISTED = 100;
/** Has to sign in anew, and can. */
const PASSING: LockReason = 'session';

/** What a refusal at the door comes to, for whoever looks ahead. */
export const REASON_OF: Readonly<Record<Refusal, LockReason>> = {
  sso_required: 'sso',
  mfa_required: 'second_factor',
  ways: 'way',
  address: 'address',
  session_age: 'session',
  idle: 'session',
};

/** Looks at every active member: who could not come in with what they have now, and who would have to sign in anew. */
export async function previewPolicies(
  { db, now, mailer }: Pick<Context, 'db' | 'now' | 'mailer'>,
  org: OrgId,
  policies: Policies,
): Promise<Preview> {
  const { members, domains } = await db.transaction(org, 'system', async (tx) => ({
    // Programs come by API key alone.
    members: (await listMemberships(db.keyring, tx, org)).filter(({ state, source }) => state === 'active' && source !== 'service'),
    domains: await verifiedDomains(db, tx, org),
  }));
  const hasConnection = (await listActiveConnections(db, org)).length > 0;
  const counts: Partial<Record<LockReason, number>> = {};
  const locked: Locked[] = [];
  for (let from = 0; from < members.length; from += CHUNK) {
    const chunk = members.slice(from, from + CHUNK);
    const waysIn = await findWaysIn(
      db,
      chunk.map(({ user }) => user),
    );
    for (const { user, role } of chunk) {
      const person = waysIn.get(user);
      if (!person) continue;
      const reasons = reasonsFor(policies, org, user, person, { domains, hasConnection, hasMail: mailer !== undefined, now: now() });
      for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
      const { name, email } = person;
      if (reasons.some((reason) => reason !== PASSING) && locked.length < MAX_LISTED)
        locked.push({ user, name, ...(email === undefined ? {} : { email }), role, reasons });
    }
  }
  return { members: members.length, counts, locked };
}

interface Surroundings {
  readonly domains: ReadonlySet<string>;
  /** Whether anybody can come in by the organization's own identity provider. */
  readonly hasConnection: boolean;
  readonly hasMail: boolean;
  readonly now: Date;
}

function reasonsFor(
  policies: Policies,
  org: OrgId,
  user: UserId,
  person: WaysIn,
  { domains, hasConnection, hasMail, now }: Surroundings,
): LockReason[] {
  const { methods, hasSecondFactor, sessions, email } = person;
  const domain = email === undefined ? undefined : domainOfEmail(email);
  const isKnownThere = [...methods].some((method) => CONNECTED.has(method)) || (domain !== undefined && domains.has(domain));
  const bySso = hasConnection && isKnownThere;
  const own = [...methods].filter((method) => !CONNECTED.has(method) && (method !== 'link' || hasMail));
  const allowed: readonly string[] | undefined = policies.ways;
  const reasons: LockReason[] = [];
  const breaksGlass = policies.ssoRequired && policies.breakGlass.includes(user);
  const maySso = bySso && (policies.ssoRequired || !allowed || allowed.includes('sso'));
  const mayOwn = breaksGlass || (!policies.ssoRequired && own.some((method) => !allowed || allowed.includes(method)));
  if (policies.ssoRequired && !maySso && !breaksGlass) reasons.push('sso');
  else if (!maySso && !mayOwn) reasons.push('way');
  const asksForSecond = policies.mfa === 'everybody' || ((policies.mfa === 'own' || breaksGlass) && !maySso);
  if (asksForSecond && !hasSecondFactor) reasons.push('second_factor');
  if (sessions.length > 0 && sessions.every(({ address }) => !isInside(policies.networks, address))) reasons.push('address');
  const isOut = sessions.some(({ address, facts }) => judge(policies, org, { user, address, facts, seenAt: now }, now) !== undefined);
  if (reasons.length === 0 && isOut) reasons.push(PASSING);
  return reasons;
}

const CONNECTED: ReadonlySet<string> = new Set(['oidc', 'saml', 'ldap', 'jwt']);

/** The Admins, as far as a list of them is read. */
export async function listAdmins(db: Database, org: OrgId) {
  const admins = await findAdmins(db, org);
  const waysIn = await findWaysIn(
    db,
    admins.slice(0, MAX_LISTED).map(({ user }) => user),
  );
  return [...waysIn].map(([user, { name, email, hasSecondFactor }]) => ({
    user,
    name,
    ...(email === undefined ? {} : { email }),
    secondFactor: hasSecondFactor,
  }));
}

function findAdmins(db: Database, org: OrgId, users?: readonly UserId[]) {
  return db.transaction(org, 'system', async (tx) =>
    (await listMemberships(db.keyring, tx, org, users)).filter(({ role, state }) => role === 'admin' && state === 'active'),
  );
}

/** What is missing before members come in by a connection only: one that works, and somebody for the day it does not. */
export async function missingForSso(db: Database, org: OrgId, policies: Policies): Promise<(typeof SSO_NEEDS)[number][]> {
  if (!isSsoOnly(policies)) return [];
  const hasConnection = await db.transaction(org, 'system', (tx) => hasTestedConnection(db.keyring, tx, org));
  return [
    ...(hasConnection ? [] : (['no_connection'] as const)),
    ...((await canBreakGlass(db, org, policies)) ? [] : (['no_break_glass'] as const)),
  ];
}

/** Whether somebody is named who is an Admin and could come in without the identity provider. */
export async function canBreakGlass(db: Database, org: OrgId, { ssoRequired, breakGlass }: Policies): Promise<boolean> {
  if (!ssoRequired) return false;
  const waysIn = await findWaysIn(
    db,
    (await findAdmins(db, org, breakGlass)).map(({ user }) => user),
  );
  return [...waysIn.values()].some(
    ({ hasSecondFactor, methods }) => hasSecondFactor && [...methods].some((method) => method !== 'link' && !CONNECTED.has(method)),
  );
}
