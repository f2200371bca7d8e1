/** The last step of every way in: whose the identity is, whether a second factor is asked for, and the session. */
import type { OrgId, SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { PublicScope, SessionFacts } from '../../http/scope.ts';
import { type Belonging, listBelongings, listOrganizationIds } from '../organizations/index.ts';
import { createAccount, type Wish } from './accounts.ts';
import { createChallenge, readChallenge, takeChallenge } from './challenges.ts';
import { listFactors } from './credentials/factors.ts';
import { requireDevice } from './devices.ts';
import { type ConnectionRules, resolveIdentity } from './resolve.ts';
import { startSession } from './sessions.ts';
import { findUser, type Profile, type Tx, type User } from './store.ts';
import { factsOf, type Method, OWN_ISSUER, ownIdentity, type VerifiedIdentity } from './verified-identity.ts';

type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'mailer' | 'now' | 'newId'>;
type Facts = Omit<SessionFacts, 'startedAt'>;

const SECOND_FACTOR = 'second-factor';
const SECOND_FACTOR_TTL_MS = 10 * 60_000;

/** Somebody who has proven one factor; dates as ISO 8601, since it was kept. */
export interface Pending {
  readonly user: UserId;
  readonly facts: Omit<Facts, 'authTime'> & { readonly authTime: string };
  /** As it is stored, where one was compared; it must still be the person's at the end. */
  readonly password?: string | undefined;
}

/**
 * @param password as it is stored, where one was compared: it may be changed at any moment until the session is there
 * @throws AppError `second_factor_required` with the challenge to answer and the ways, `identity_refused`, `device_required`,
 * `sign_up_closed`, `link_invalid`
 */
export async function completeSignIn(
  ports: Ports,
  scope: PublicScope,
  identity: VerifiedIdentity,
  { password, ...wish }: Wish & { readonly rules?: ConnectionRules; readonly password?: string | undefined } = {},
) {
  const device = requireDevice(scope.channel);
  const facts = factsOf(identity);
  const done = await ports.db.transaction('environment', 'visitor', async (tx) => {
    // Before what is locked of people whom a connection or a wallet names.
    if (identity.issuer !== OWN_ISSUER) await tx.lock('challenges');
    const { user } = await resolveIdentity(ports, tx, identity, wish);
    requireSame(password, user);
    const ways = asksForSecond(identity) ? await secondFactorsOf(ports, tx, user) : [];
    if (ways.length > 0) {
      const data: Pending = { user: user.id, facts: { ...facts, authTime: facts.authTime.toISOString() }, password };
      const question = { purpose: SECOND_FACTOR, device, ttlMs: SECOND_FACTOR_TTL_MS, data };
      return { ways, challenge: await createChallenge(ports, tx, question) };
    }
    const begun = await begin(ports, tx, scope, user, facts, password);
    await wish.rules?.started?.(tx, begun.session);
    return begun;
  });
  if ('challenge' in done) throw new AppError('second_factor_required', { challenge: done.challenge, ways: done.ways.join(', ') });
  return describeBegun(ports, done);
}

/** The one who answers a second factor's challenge; used up by it, so a wrong answer needs a new one. */
export function takePending(ports: Ports, tx: Tx, challenge: string, device: string): Promise<Pending> {
  return takeChallenge<Pending>(ports, tx, SECOND_FACTOR, challenge, device);
}

/** The same, still to be answered. */
export function readPending(ports: Ports, tx: Tx, challenge: string, device: string): Promise<Pending> {
  return readChallenge<Pending>(ports, tx, SECOND_FACTOR, challenge, device);
}

/** Asks again, after a wrong answer. */
export function askAgain(ports: Ports, tx: Tx, device: string, { user, facts, password }: Pending): Promise<string> {
  return createChallenge(ports, tx, { purpose: SECOND_FACTOR, device, ttlMs: SECOND_FACTOR_TTL_MS, data: { user, facts, password } });
}

/** @param amr how the second factor was proven, such as `otp` */
export async function finishSignIn(ports: Ports, scope: PublicScope, { user, facts, password }: Pending, amr: readonly string[]) {
  const both = { ...facts, amr: [...new Set([...facts.amr, ...amr, 'mfa'])], authTime: new Date(facts.authTime) };
  const begun = await ports.db.transaction('environment', user, async (tx) =>
    begin(ports, tx, scope, await requirePerson(ports, tx, user), both, password),
  );
  return describeBegun(ports, begun);
}

/**
 * Makes an account and its first session, both or neither.
 * @param add what belongs to the person besides, in the same transaction
 * @throws AppError `device_required`, `sign_up_closed`, `address_taken`, `link_invalid`
 */
export async function startAccount(
  ports: Ports,
  scope: PublicScope,
  profile: Profile,
  wish: Wish,
  method: Method,
  amr: readonly string[],
  add: (tx: Tx, user: User) => Promise<unknown> = () => Promise.resolve(),
) {
  const { db, now } = ports;
  const begun = await db.transaction('environment', 'visitor', async (tx) => {
    // What comes with the person is locked before the memberships are.
    await tx.lockAll([
      ['users', 'environment'],
      ['credentials', 'environment'],
    ]);
    const user = await createAccount(ports, tx, profile, wish);
    await add(tx, user);
    return begin(ports, tx, scope, user, factsOf(ownIdentity(method, user.id, amr, now())));
  });
  return { user: begun.user, account: await describeBegun(ports, begun) };
}

interface Begun {
  readonly user: User;
  readonly session: SessionId;
  /** Where the person seems to be a member. */
  readonly orgs: readonly OrgId[];
}

/** Starts a session in the transaction that proved who the person is. */
async function begin(ports: Ports, tx: Tx, scope: PublicScope, user: User, facts: Facts, password?: string): Promise<Begun> {
  tx.actAs(user.id);
  const [session, orgs] = await Promise.all([startSession(ports, tx, user.id, scope, facts), listOrganizationIds(tx, user.id)]);
  for (const at of ['environment', ...orgs] as const) tx.audit('session.started', session, began(facts), at);
  // Sessions are locked by now: whoever changes the password ends this one, or has done so for all to see.
  if (password !== undefined) requireSame(password, await requirePerson(ports, tx, user.id));
  return { user, session, orgs };
}

async function describeBegun({ db }: Ports, { user, session, orgs }: Begun) {
  return toAccount(user, session, await listBelongings(db, user.id, orgs));
}

/** What the audit log says of how a session began. */
function began({ method, amr }: Facts) {
  return { by: method, factors: amr.includes('mfa') ? 2 : 1 };
}

/** What the person could prove besides; a passkey counts as both factors where it is the first. */
async function secondFactorsOf({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, user: User): Promise<string[]> {
  const kinds = new Set((await listFactors({ keyring }, tx, user)).map(({ kind }) => kind));
  return kinds.has('totp') || kinds.has('passkey') ? [...kinds] : [];
}

/** An organization's identity provider asks for what the organization wants; a policy may still ask for more. */
function asksForSecond({ connection, amr }: VerifiedIdentity): boolean {
  return !connection && !amr.includes('mfa');
}

function requireSame(password: string | undefined, user: User): void {
  if (password !== undefined && password !== user.password) throw new AppError('wrong_credentials');
}

async function requirePerson({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, id: UserId): Promise<User> {
  const user = await findUser(keyring, tx, { id });
  if (!user) throw new AppError('wrong_credentials');
  return user;
}

export function toAccount({ id, email, name, emailVerified }: User, session: SessionId, organizations: Belonging[]) {
  return { id, ...(email === undefined ? {} : { email }), name, emailVerified, session, organizations };
}
