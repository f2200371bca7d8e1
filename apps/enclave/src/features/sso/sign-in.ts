/** Signing in by a connection: what the directory says, through the one resolver, to a session of the device that asked. */
import {
  type Attempt,
  type ConnectionId,
  hasPermission,
  LIMITS,
  type Mapping,
  type SessionId,
  type SsoCheckName,
  UNFIT,
  type UserId,
} from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope, PublicScope } from '../../http/scope.ts';
import { OutboundError } from '../../providers/outbound/error.ts';
import {
  type ConnectionRules,
  completeSignIn,
  createChallenge,
  IdentityRefused,
  type Refusal,
  requireDevice,
  takeChallenge,
  useOnce,
  type VerifiedIdentity,
} from '../auth/index.ts';
import { isOwnAddress } from '../domains/index.ts';
import { findMembership, findRole } from '../organizations/index.ts';
import { describeAttempt, keepAttempt, withoutRules } from './attempts.ts';
import { markTested, type Ports } from './connections.ts';
import { applyGroupMap } from './group-map.ts';
import { joinGroups } from './groups.ts';
import { enterByLink, noteByLink, SET_UP_LINK } from './hand-over.ts';
import { findConnection, insertConnectionSession, type StoredConnection } from './store.ts';
import { toConnection } from './strategies.ts';
import { type Arrival, type Checks, createChecks, SignInRefused, type Wish } from './strategy.ts';

/** Purpose of the challenges that a directory's answer belongs to. */
export const AT_DIRECTORY = 'at-directory';
/** People look for second factors, and directories for passwords. */
const TTL_MS = 15 * 60_000;

/** What is kept while a person is at the directory. */
interface Errand {
  readonly connection: ConnectionId;
  readonly memory: object;
  /** Set for a test: who tests, and of which settings. */
  readonly test?: { readonly by: Tester['by']; readonly revision: number };
}

/** Who tests a connection: an Admin, or whoever sets it up by a link. */
export interface Tester {
  readonly by: UserId | typeof SET_UP_LINK;
  readonly transaction: OrgScope['transaction'];
}

/** What the return route kept. */
export interface Returned {
  readonly connection: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Which check a refusal of the resolver is for the Admin. */
const CHECK_OF: Readonly<Record<Refusal, SsoCheckName>> = {
  no_address: 'email',
  foreign_domain: 'domain',
  address_elsewhere: 'member',
  not_member: 'member',
  account_gone: 'member',
  not_provisioned: 'provisioning',
};

/** A connection by which people may sign in now. @throws AppError `not_found` */
export async function requireActive({ db, keyring }: Pick<Ports, 'db' | 'keyring'>, id: ConnectionId): Promise<StoredConnection> {
  const connection = await db.transaction('environment', 'visitor', (tx) => findConnection(keyring, tx, undefined, id));
  if (connection?.state !== 'active') throw new AppError('not_found');
  return connection;
}

export async function start(ports: Ports, scope: PublicScope, wish: Wish & { readonly connection: ConnectionId }) {
  const device = requireDevice(scope.channel);
  const connection = await requireActive(ports, wish.connection);
  const { way } = ports.strategies[connection.kind];
  const { name } = connection;
  return way === 'redirect' ? { way, name, url: await depart(ports, connection, device, wish) } : { way, name };
}

/** The address at the directory; what its answer needs is kept for this device. @throws AppError `directory_unreachable` */
export async function depart(
  ports: Ports,
  connection: StoredConnection,
  device: string,
  { test, ...wish }: Wish & { readonly test?: Errand['test'] },
): Promise<string> {
  const strategy = ports.strategies[connection.kind];
  if (strategy.way !== 'redirect') throw new AppError('bad_request', { problem: 'this directory is asked directly' });
  const begun = await orUnreachable(strategy.begin(toConnection(connection, ports.origin()), wish));
  const data: Errand = { connection: connection.id, memory: begun.memory, ...(test ? { test } : {}) };
  const question = { purpose: AT_DIRECTORY, device, ttlMs: TTL_MS, data };
  return begun.go(await ports.db.transaction('environment', 'visitor', (tx) => createChallenge(ports, tx, question)));
}

/** What comes of an answer that the return route kept. */
export async function complete(ports: Ports, scope: PublicScope, challenge: string) {
  const device = requireDevice(scope.channel);
  const { db, keyring } = ports;
  const { errand, connection } = await db.transaction('environment', 'visitor', async (tx) => {
    const errand = await takeChallenge<Errand>(ports, tx, AT_DIRECTORY, challenge, device);
    return { errand, connection: await findConnection(keyring, tx, undefined, errand.connection) };
  });
  const returned = errand.response as Returned | undefined;
  // Each connection has a return address of its own: an answer at another's is mixed up (RFC 9700 §4.4.2).
  if (!connection || returned?.connection !== connection.id) throw new AppError('challenge_invalid');
  const strategy = ports.strategies[connection.kind];
  if (strategy.way !== 'redirect') throw new AppError('challenge_invalid');
  const read = (checks: Checks) => strategy.finish(toConnection(connection, ports.origin()), errand.memory, returned.fields, checks);
  if (!errand.test) {
    if (connection.state !== 'active') throw new AppError('challenge_invalid');
    return { outcome: 'signed_in' as const, account: await signIn(ports, scope, connection, read) };
  }
  const { by, revision } = errand.test;
  const tested = { ...connection, revision };
  if (by === SET_UP_LINK) {
    const link = await enterByLink(ports, scope, connection.id);
    const attempt = await test(ports, link.transaction, tested, read);
    await noteByLink(ports, link, { lastTest: attempt.id });
    return { outcome: 'tested' as const, connection: connection.id, attempt: withoutRules(attempt) };
  }
  const { org } = connection;
  const role = await findRole(db, by, org);
  if (!role || !hasPermission(role, 'people.manage')) throw new AppError('challenge_invalid');
  const attempt = await test(ports, (fn) => db.transaction(org, by, fn), tested, read);
  return { outcome: 'tested' as const, org, connection: connection.id, attempt };
}

/** Asks the directory directly. */
export function askDirectly(ports: Ports, connection: StoredConnection, given: { name?: string; password?: string; token?: string }) {
  const strategy = ports.strategies[connection.kind];
  const at = toConnection(connection, ports.origin());
  return async (checks: Checks): Promise<Arrival> => {
    if (strategy.way === 'password') return strategy.verify(at, { name: given.name ?? '', password: given.password ?? '' }, checks);
    if (strategy.way === 'token') return strategy.verify(at, given.token ?? '', checks);
    throw new AppError('bad_request', { problem: 'this directory has pages of its own to sign in' });
  };
}

/** Signs in, or keeps why not. @throws AppError `identity_refused`, `directory_unreachable` */
export async function signIn(
  ports: Ports,
  scope: PublicScope,
  connection: StoredConnection,
  read: (checks: Checks) => Promise<Arrival>,
): Promise<Awaited<ReturnType<typeof completeSignIn>>> {
  const { db, keyring } = ports;
  const checks = createChecks();
  let mapping: Mapping | undefined;
  try {
    const arrival = await orUnreachable(read(checks), checks);
    mapping = applyGroupMap(connection.provisioning, arrival.groups);
    await requireUnused(ports, connection, arrival, checks);
    checks.require('provisioning', mapping.role !== undefined, { found: arrival.groups.join(', ') });
    const rules = {
      ...(await rulesOf(ports, connection, arrival, mapping)),
      started: async (tx: Transaction<'environment'>, session: SessionId) => {
        // Sessions are locked: whoever switches the connection off meanwhile ends this one, or has done so for all to see.
        if ((await findConnection(keyring, tx, connection.org, connection.id))?.state !== 'active') throw new IdentityRefused('not_member');
        const { subject, session: name } = arrival;
        await insertConnectionSession(keyring, tx, { id: session, connection: connection.id, subject, name });
      },
    };
    const account = await completeSignIn(ports, scope, identityOf(connection, arrival), { rules });
    checks.require('member', true);
    await keepAttempt(ports, connection, { outcome: 'signed_in', user: account.id, checks, mapping });
    return account;
  } catch (error) {
    if (!(error instanceof SignInRefused || error instanceof IdentityRefused || isUnreachable(error))) throw error;
    if (error instanceof IdentityRefused) note(checks, CHECK_OF[error.reason]);
    await keepAttempt(ports, connection, { outcome: 'refused', user: undefined, checks, mapping });
    const check = checks.list.at(-1)?.name ?? 'answer';
    await db.audit(connection.org, { action: 'session.refused', actor: 'visitor', target: connection.id, facts: { check } });
    throw error instanceof SignInRefused ? new AppError('identity_refused') : error;
  }
}

/** The same without signing in: shows what would come of it. */
export async function test(
  ports: Ports,
  transaction: Tester['transaction'],
  connection: StoredConnection,
  read: (checks: Checks) => Promise<Arrival>,
): Promise<Attempt> {
  const checks = createChecks();
  let mapping: Mapping | undefined;
  try {
    const arrival = await orUnreachable(read(checks), checks);
    mapping = applyGroupMap(connection.provisioning, arrival.groups);
    checks.require('email', arrival.email !== undefined);
    const rules = await rulesOf(ports, connection, arrival, mapping);
    checks.require('domain', rules.ownsAddress, { found: arrival.email });
    checks.require('provisioning', mapping.role !== undefined, { found: arrival.groups.join(', ') });
  } catch (error) {
    if (!(error instanceof SignInRefused || isUnreachable(error))) throw error;
  }
  const passed = checks.list.every((check) => check.passed);
  const attempt = await keepAttempt(ports, connection, {
    outcome: passed ? 'test_passed' : 'test_failed',
    user: undefined,
    checks,
    mapping,
  });
  await transaction(async (tx) => {
    if (passed) await markTested(ports, tx, connection);
    const failed = checks.list.find((check) => !check.passed);
    tx.audit('connection.tested', connection.id, failed ? { ok: false, check: failed.name } : { ok: true });
  });
  return describeAttempt(attempt, undefined);
}

export async function startTest(
  ports: Ports,
  device: string,
  { by, transaction }: Tester,
  connection: StoredConnection,
  given: { name?: string | undefined; password?: string | undefined; token?: string | undefined },
) {
  if (ports.strategies[connection.kind].way === 'redirect')
    return { url: await depart(ports, connection, device, { test: { by, revision: connection.revision } }) };
  const { name = '', password = '', token = '' } = given;
  return { attempt: await test(ports, transaction, connection, askDirectly(ports, connection, { name, password, token })) };
}

function identityOf({ id, org, kind, name: label }: StoredConnection, arrival: Arrival): VerifiedIdentity {
  const { issuer, subject, name = '', email, emailVerified, groups, amr, authTime, ending } = arrival;
  const shown = name.replace(UNFIT, '').trim().slice(0, LIMITS.nameLength).toWellFormed();
  return {
    method: kind,
    connection: { id, org, ...(ending ? { ending } : {}) },
    issuer,
    subject,
    label,
    emailVerified,
    groups,
    amr,
    authTime,
    ...(email === undefined ? {} : { email }),
    ...(shown ? { name: shown } : {}),
  };
}

/** A directory speaks for addresses of its organization's own domains, and for no others. */
async function rulesOf(ports: Ports, connection: StoredConnection, { email, emailVerified }: Arrival, mapping: Mapping) {
  const { db, keyring } = ports;
  const { id, org, provisioning } = connection;
  const ownsAddress =
    email !== undefined && emailVerified && (await db.transaction(org, 'system', (tx) => isOwnAddress({ keyring }, tx, org, email)));
  return {
    ownsAddress,
    provisions: provisioning.create ? provisioning.role : undefined,
    async apply(tx, user) {
      const latest = await findConnection(keyring, tx, org, id);
      if (latest?.state !== 'active') throw new IdentityRefused('not_member');
      const membership = await findMembership(keyring, tx, org, user);
      if (membership?.state === 'suspended') throw new SignInRefused('suspended');
      await joinGroups(ports, tx, latest, user, mapping.applied);
    },
  } satisfies ConnectionRules;
}

async function requireUnused(ports: Ports, { id }: StoredConnection, { once }: Arrival, checks: Checks): Promise<void> {
  if (!once) return;
  const isFirst = await ports.db.transaction('environment', 'visitor', (tx) => useOnce(ports, tx, `${id} ${once.id}`, once.until));
  checks.require('replay', isFirst);
}

/** Without throwing: the refusal is on its way already. */
function note(checks: Checks, name: SsoCheckName): void {
  try {
    checks.refuse(name);
  } catch {
    // What it throws says no more than the list does.
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'directory_unreachable';
}

/** What the network threw, anywhere below, means that the directory was not reached. */
async function orUnreachable<T>(work: Promise<T>, checks?: Checks): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const cause = findOutboundError(error);
    if (!cause) throw error;
    if (checks) note(checks, 'reachable');
    throw new AppError('directory_unreachable', {}, { cause });
  }
}

function findOutboundError(error: unknown): OutboundError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof OutboundError) return at;
  return undefined;
}
