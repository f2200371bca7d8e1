/** Looks up again whoever came by a directory that can be asked: groups become roles, and who is disabled or gone there is out here. */
import {
  CONNECTION_KINDS,
  type ConnectionId,
  type ConnectionKind,
  type DirectorySync,
  type Mapping,
  type OrgId,
  type UserId,
} from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { endKeysOf } from '../api-keys/index.ts';
import { endSessionsOf, listConnectionIdentities } from '../auth/index.ts';
import { changeMembership, findMembership, isActingAdmin, type Membership, requireOtherAdmin } from '../organizations/index.ts';
import { applyGroupMap } from './group-map.ts';
import { joinGroups } from './groups.ts';
import { findConnection, type StoredConnection } from './store.ts';
import { type Strategies, toConnection } from './strategies.ts';
import { createChecks, SignInRefused, type Standing } from './strategy.ts';
import { beginSync, keepResult, takeDue } from './sync-store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'jobs' | 'now' | 'newId' | 'origin' | 'log'> & { readonly strategies: Strategies };

const EVERY_MS = 60 * 60_000;
const SWEEP_MS = 5 * 60_000;
/** People of one question to the directory. */
const AT_ONCE = 100;
/** A sync that would put out more than this part of at least so many people changes nothing: a base that was moved looks the same. */
const MOST_OUT = { part: 0.5, people: 4 };

/** Runs the syncs that are asked for, and asks for those that are due. */
export async function openDirectorySync(ports: Ports): Promise<Disposable> {
  const { db, jobs, log, now } = ports;
  await jobs.work('sync-directory', 1, async ({ org, id }, signal) => {
    await syncDirectory(ports, org, id as ConnectionId, signal);
  });
  const kinds = (Object.keys(CONNECTION_KINDS) as ConnectionKind[]).filter((kind) => ports.strategies[kind].standings);
  const sweep = async () => {
    await db.transaction('environment', 'system', async (tx) => {
      for (const { id, org } of await takeDue(tx, kinds, new Date(now().getTime() - EVERY_MS), now()))
        await jobs.enqueue(tx, 'sync-directory', id, org);
    });
  };
  const timer = setInterval(
    () => void sweep().catch((err: unknown) => log.warn({ err }, 'directories were not looked at')),
    SWEEP_MS,
  ).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Asks for a sync now. */
export async function askForSync({ jobs, now }: Pick<Ports, 'jobs' | 'now'>, tx: Transaction, org: OrgId, id: ConnectionId): Promise<void> {
  await beginSync(tx, { id, org }, now());
  await jobs.enqueue(tx, 'sync-directory', id);
}

/** Does nothing where the connection is no longer in use. What the directory refuses is a result, and tried again when it is due. */
async function syncDirectory(ports: Ports, org: OrgId, id: ConnectionId, signal: AbortSignal): Promise<void> {
  const { db, keyring, now } = ports;
  const connection = await db.transaction(org, 'system', (tx) => findConnection(keyring, tx, org, id));
  const look = connection && ports.strategies[connection.kind].standings;
  if (!look || connection.state !== 'active') return;
  const counts = { people: 0, changed: 0, suspended: 0, reactivated: 0 };
  const finish = async (problem: DirectorySync['problem']) => {
    const result: DirectorySync = { at: now().toISOString(), ...counts, ...(problem === undefined ? {} : { problem }) };
    await db.transaction(org, 'system', async (tx) => {
      await keepResult(keyring, tx, { id, org }, result);
      tx.audit('connection.synced', id, { ...counts, ...(problem === undefined ? {} : { problem }) });
    });
  };
  const people = await db.transaction('environment', 'system', (tx) => listConnectionIdentities(keyring, tx, id));
  counts.people = people.length;
  const standings = new Map<string, Standing>();
  const checks = createChecks();
  try {
    for (let at = 0; at < people.length; at += AT_ONCE) {
      signal.throwIfAborted();
      const subjects = people.slice(at, at + AT_ONCE).map(({ subject }) => subject);
      for (const [subject, standing] of await look(toConnection(connection, ports.origin()), subjects, checks))
        standings.set(subject, standing);
    }
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    return finish(error.check);
  }
  const out = people.filter(({ subject }) => !grantOf(connection, standings.get(subject)));
  const active = await countActive(
    ports,
    org,
    out.map(({ user }) => user),
  );
  if (people.length >= MOST_OUT.people && active > people.length * MOST_OUT.part) return finish('too_many');
  for (const { user, subject } of people) {
    signal.throwIfAborted();
    const outcome = await apply(ports, connection, user, grantOf(connection, standings.get(subject)));
    if (outcome === 'suspended') await endKeysOf(db, { org, user, actor: 'system' }, { by: 'directory', connection: id });
    if (outcome !== 'same') counts[outcome]++;
  }
  return finish(undefined);
}

type Outcome = 'changed' | 'suspended' | 'reactivated' | 'same';

/** What the directory grants somebody now; undefined for whom it does not let in. */
function grantOf({ provisioning }: StoredConnection, standing: Standing | undefined): Mapping | undefined {
  if (standing === undefined || typeof standing === 'string') return undefined;
  const mapping = applyGroupMap(provisioning, standing.groups);
  return mapping.role === undefined ? undefined : mapping;
}

async function apply(ports: Ports, connection: StoredConnection, user: UserId, grant: Mapping | undefined): Promise<Outcome> {
  const { db, keyring } = ports;
  const { org, id } = connection;
  return db.transaction('environment', 'system', async (tx): Promise<Outcome> => {
    await tx.lock('memberships', org);
    const membership = await findMembership(keyring, tx, org, user);
    if (!membership) return 'same';
    if (!grant) return suspend(ports, tx, membership, id);
    const reactivated = membership.state === 'suspended' && membership.suspendedBy === 'directory';
    if (reactivated) {
      await changeMembership(keyring, tx, membership, { state: 'active', suspendedBy: undefined });
      tx.audit('member.reactivated', user, { by: 'directory', connection: id }, org);
    }
    await joinGroups(ports, tx, connection, user, grant.applied);
    const after = await findMembership(keyring, tx, org, user);
    return reactivated ? 'reactivated' : after?.role === membership.role ? 'same' : 'changed';
  });
}

/** With all that is open. The last Admin stays: somebody has to be able to repair a directory's mistake. */
async function suspend(
  { keyring }: Ports,
  tx: Transaction<'environment'>,
  membership: Membership,
  connection: ConnectionId,
): Promise<Outcome> {
  const { org, user, state } = membership;
  if (state === 'suspended') return 'same';
  try {
    if (isActingAdmin(membership)) await requireOtherAdmin(keyring, tx, membership);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'last_admin') throw error;
    return 'same';
  }
  await changeMembership(keyring, tx, membership, { state: 'suspended', suspendedBy: 'directory' });
  const sessions = await endSessionsOf(tx, user);
  tx.audit('member.suspended', user, { by: 'directory', connection, sessions }, org);
  return 'suspended';
}

async function countActive({ db, keyring }: Ports, org: OrgId, users: readonly UserId[]): Promise<number> {
  return db.transaction(org, 'system', async (tx) => {
    let active = 0;
    for (const user of users) if ((await findMembership(keyring, tx, org, user))?.state === 'active') active++;
    return active;
  });
}
