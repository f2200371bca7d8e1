/** Connections as Admins keep them. Secrets only go in. */
import { X509Certificate } from 'node:crypto';
import {
  type ChangedProtocol,
  CONNECTION_KINDS,
  type ConnectionId,
  type NewConnection,
  type OrgId,
  type Provisioning,
  type SsoConnection,
} from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { OutboundError } from '../../providers/outbound/error.ts';
import { forgetConnection } from '../auth/index.ts';
import { lockRights } from '../organizations/index.ts';
import { fingerprintOf } from './certificates.ts';
import { toWayIn } from './find.ts';
import { keepGroups, releaseMembers } from './groups.ts';
import { endHandOver } from './hand-over.ts';
import { deleteHandOver } from './hand-over-store.ts';
import { endSessions } from './sessions.ts';
import { changeConnection, deleteConnection, findConnection, insertConnection, listConnections, type StoredConnection } from './store.ts';
import { addressesOf, endsOf, type Strategies, toConnection } from './strategies.ts';
import { type Check, createChecks, type OwnKey, SignInRefused } from './strategy.ts';

export type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'mailer' | 'outbound' | 'limiter' | 'now' | 'newId' | 'origin'> & {
  readonly strategies: Strategies;
};

/** An organization that somebody acts in. */
type Within = Pick<OrgScope, 'org' | 'transaction'>;

interface Change {
  readonly name?: string | undefined;
  readonly provisioning?: Provisioning | undefined;
  readonly protocol?: ChangedProtocol | undefined;
}

export async function listAll(ports: Ports, { org, transaction }: OrgScope): Promise<SsoConnection[]> {
  const found = await transaction((tx) => listConnections(ports.keyring, tx, org));
  return found.map((connection) => describe(ports, connection));
}

/** @throws AppError `not_found` */
export async function requireConnection({ keyring }: Pick<Ports, 'keyring'>, { org, transaction }: Within, id: ConnectionId) {
  const connection = await transaction((tx) => findConnection(keyring, tx, org, id));
  if (!connection) throw new AppError('not_found');
  return connection;
}

export async function addConnection(ports: Ports, scope: OrgScope, given: NewConnection): Promise<SsoConnection> {
  const { kind, name, product, provisioning } = given;
  const prepared = await prepare(ports, kind, given.settings, withoutEmpty(given.secrets));
  const connection: StoredConnection = {
    id: ports.newId('connection'),
    org: scope.org,
    kind,
    state: 'draft',
    createdAt: ports.now(),
    name,
    product,
    provisioning,
    revision: 1,
    ...prepared,
  };
  await scope.transaction(async (tx) => {
    await requireOwnWorkspaces(tx, provisioning);
    await insertConnection(ports.keyring, tx, connection);
    await keepGroups(ports, tx, connection);
    tx.audit('connection.created', connection.id, { kind, product });
  });
  return describe(ports, connection);
}

export async function change(
  ports: Keeping,
  scope: Within,
  id: ConnectionId,
  { name, provisioning, protocol }: Change,
): Promise<SsoConnection> {
  const before = await requireConnection(ports, scope, id);
  const prepared = protocol && (await prepareChange(ports, before, protocol));
  const changed = await scope.transaction(async (tx) => {
    if (provisioning) await requireOwnWorkspaces(tx, provisioning);
    if (prepared && !prepared.isSameServer) await refuseLast(ports, tx, scope.org, id);
    const next = await changeConnection(ports.keyring, tx, scope.org, id, (latest) => {
      if (latest.revision !== before.revision) throw new AppError('conflict');
      return {
        ...(name === undefined ? {} : { name }),
        ...(provisioning === undefined ? {} : { provisioning }),
        ...(prepared ? { ...prepared.parts, revision: latest.revision + 1, testedAt: undefined } : {}),
        // A certificate that is rolled over must not lock people out; another server has to show itself first.
        ...(prepared && !(latest.state === 'active' && prepared.isSameServer) ? { state: 'draft' as const } : {}),
      };
    });
    if (provisioning) await keepGroups(ports, tx, next, before.provisioning);
    const facts = { settings: prepared !== undefined, groups: provisioning?.groups.length ?? -1, state: next.state };
    tx.audit('connection.changed', id, facts);
    return next;
  });
  return describe(ports, changed);
}

/** Whether members of the organization come in by its connections only. */
export type RequiresSso = (tx: Transaction<Realm>, org: OrgId) => Promise<boolean>;

type Keeping = Ports & { readonly requiresSso: RequiresSso };

/** Nobody is shut out by what ends a connection. @throws AppError `last_connection` */
async function refuseLast({ keyring, requiresSso }: Keeping, tx: Transaction<Realm>, org: OrgId, id: ConnectionId): Promise<void> {
  await tx.lock('connections', org);
  const all = (await listConnections(keyring, tx, org)).flatMap(toWayIn);
  if (all.length === 1 && all[0]?.id === id && (await requiresSso(tx, org))) throw new AppError('last_connection');
}

/** What other features keep of a connection, deleted with it. */
export type Forget = (tx: Transaction<'environment'>, of: { readonly org: OrgId; readonly connection: ConnectionId }) => Promise<void>;

export async function remove(ports: Keeping, scope: OrgScope, id: ConnectionId, forget: Forget): Promise<void> {
  const { db } = ports;
  const connection = await requireConnection(ports, scope, id);
  await db.transaction('environment', scope.actor, async (tx) => {
    await forgetConnection(tx, id);
    await refuseLast(ports, tx, scope.org, id);
    await tx.lock('connection_hand_overs', scope.org);
    await deleteHandOver(tx, scope.org, id);
    await lockRights(tx, scope.org);
    await forget(tx, { org: scope.org, connection: id });
    await releaseMembers(ports, tx, connection);
    const sessions = await endSessions(ports, tx, connection, 'all');
    await deleteConnection(tx, scope.org, id);
    tx.audit('connection.removed', id, { sessions }, scope.org);
  });
}

/** @param seen the test that was looked at, where the caller says so @throws AppError `test_first`, `conflict` */
export async function activate(ports: Ports, scope: OrgScope, id: ConnectionId, seen?: string): Promise<SsoConnection> {
  const { keyring, now } = ports;
  const changed = await scope.transaction(async (tx) => {
    await endHandOver(keyring, tx, id, now());
    tx.audit('connection.activated', id);
    return changeConnection(keyring, tx, scope.org, id, ({ testedAt }) => {
      if (testedAt === undefined) throw new AppError('test_first');
      if (seen !== undefined && seen !== testedAt) throw new AppError('conflict');
      return { state: 'active' };
    });
  });
  return describe(ports, changed);
}

export async function deactivate(ports: Keeping, scope: OrgScope, id: ConnectionId): Promise<SsoConnection> {
  const { db, keyring } = ports;
  const changed = await db.transaction('environment', scope.actor, async (tx) => {
    await refuseLast(ports, tx, scope.org, id);
    const next = await changeConnection(keyring, tx, scope.org, id, ({ testedAt }) => ({
      state: testedAt === undefined ? 'draft' : 'tested',
    }));
    const sessions = await endSessions(ports, tx, next, 'all');
    tx.audit('connection.deactivated', id, { sessions }, scope.org);
    return next;
  });
  return describe(ports, changed);
}

/** Everything that can be checked without a person. A check that fails is a result. */
export async function probe(ports: Ports, scope: Within & Pick<OrgScope, 'audit'>, id: ConnectionId): Promise<Check[]> {
  const connection = await requireConnection(ports, scope, id);
  const checks = createChecks();
  try {
    await ports.strategies[connection.kind].probe(toConnection(connection, ports.origin()), checks);
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
  }
  const failed = checks.list.find(({ passed }) => !passed);
  await scope.audit('connection.probed', id, failed ? { ok: false, check: failed.name } : { ok: true });
  return [...checks.list];
}

/** Notes that a test of these settings passed, unless they were changed meanwhile. */
export function markTested({ keyring, now }: Ports, tx: Transaction, { org, id, revision }: StoredConnection): Promise<StoredConnection> {
  return changeConnection(keyring, tx, org, id, (latest) =>
    latest.revision === revision
      ? { testedAt: now().toISOString(), state: latest.state === 'active' ? ('active' as const) : ('tested' as const) }
      : {},
  );
}

async function prepareChange(ports: Ports, before: StoredConnection, protocol: ChangedProtocol) {
  const { kind, secrets = {} } = protocol;
  const settings: object = protocol.settings ?? before.settings;
  if (kind !== before.kind)
    throw new AppError('bad_request', { problem: 'protocol: a connection stays of its kind', field: 'protocol.kind' });
  const isSameServer = ports.strategies[kind].isSameServer(before.settings, settings);
  // A secret goes to no other server than the one it was entered for.
  const kept = isSameServer ? before.secrets : {};
  const parts = await prepare(ports, kind, settings, withoutEmpty({ ...kept, ...secrets }));
  return { parts, isSameServer };
}

async function prepare({ strategies }: Ports, kind: StoredConnection['kind'], settings: object, secrets: object) {
  const strategy = strategies[kind];
  try {
    return (await strategy.prepare?.({ settings, secrets })) ?? { settings, secrets };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.code === 'private_address') throw new AppError('private_address');
    throw new AppError('address_unreachable', { reason: error.code });
  }
}

/** A map must not name places of others. @throws AppError `not_found` */
async function requireOwnWorkspaces(tx: Transaction, { groups }: Provisioning): Promise<void> {
  const named = new Set(groups.flatMap(({ workspaces }) => workspaces.map(({ workspace }) => workspace)));
  if (named.size === 0) return;
  const found = await tx.sql
    .selectFrom('workspaces')
    .select('id')
    .where('id', 'in', [...named])
    .execute();
  if (found.length < named.size) throw new AppError('not_found');
}

function withoutEmpty(secrets: object): object {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined && value !== ''));
}

export function describe({ strategies, origin }: Pick<Ports, 'strategies' | 'origin'>, connection: StoredConnection): SsoConnection {
  const { id, kind, name, product, state, provisioning, settings, secrets, createdAt, testedAt } = connection;
  const { ownKeys } = strategies[kind];
  const { directory, own } = endsOf(strategies, connection, origin());
  const endings = Object.entries(secrets).flatMap(([field, value]) => (typeof value === 'string' ? [[field, value.slice(-4)]] : []));
  const described = {
    id,
    kind,
    name,
    product,
    state,
    provisioning,
    settings: CONNECTION_KINDS[kind].settings.parse(settings),
    secretEndings: Object.fromEntries(endings) as Record<string, string>,
    addresses: addressesOf(id, origin()),
    ...(ownKeys ? { ownKeys: ownKeys.of(secrets).map(describeKey) } : {}),
    createdAt: createdAt.toISOString(),
    ...(testedAt === undefined ? {} : { testedAt }),
    ...(directory ? { expiresAt: directory.toISOString() } : {}),
    ...(own ? { ownExpiresAt: own.toISOString() } : {}),
  };
  // Kind and settings belong together, as they were stored.
  return described as SsoConnection;
}

export function describeKey({ certificate }: OwnKey) {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { id: fingerprintOf(certificate), certificate, from: validFromDate.toISOString(), expiresAt: validToDate.toISOString() };
}
