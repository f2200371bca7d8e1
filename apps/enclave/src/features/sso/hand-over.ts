/**
 * The set-up of one connection in the hands of whoever runs the directory. An Admin makes a link; the device that opens it first
 * may go on with this set-up alone, for a day, for as long as the Admin may and the connection is not in use.
 */
import { type ConnectionId, hasPermission, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope, PublicScope } from '../../http/scope.ts';
import { randomBytes } from '../../random.ts';
import { requireDevice } from '../auth/index.ts';
import { findRole, isClosed } from '../organizations/index.ts';
import { changeHandOver, findHandOver, type HandOver, replaceHandOver } from './hand-over-store.ts';
import { findConnection, type StoredConnection } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now'>;

/** Who acts, in the audit log. */
export const SET_UP_LINK = 'set-up link';
const TTL_MS = 24 * 60 * 60_000;
const TOKEN_BYTES = 32;

/** What the device of a link may act as: each transaction asks again whether it still may. */
export type LinkScope = Pick<OrgScope, 'org' | 'transaction' | 'audit'> & {
  readonly handOver: HandOver;
  readonly connection: StoredConnection;
};

/** @returns the address to open, whose secret is in the fragment @throws AppError `not_found`, `bad_request` where the connection is in use */
export async function createHandOver(
  { keyring, now }: Ports,
  { org, user, origin, transaction }: OrgScope,
  id: ConnectionId,
): Promise<{ link: string; expiresAt: string }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const createdAt = now();
  const expiresAt = new Date(createdAt.getTime() + TTL_MS);
  await transaction(async (tx) => {
    await lock(tx);
    const connection = await findConnection(keyring, tx, org, id);
    if (!connection) throw new AppError('not_found');
    if (connection.state === 'active') throw new AppError('bad_request', { problem: 'a connection in use is not handed over' });
    await replaceHandOver(keyring, tx, { connection: id, org, by: user, createdAt, expiresAt }, token);
    tx.audit('connection.handed_over', id);
  });
  return { link: `${origin}/set-up#${token}`, expiresAt: expiresAt.toISOString() };
}

/** @throws AppError `not_found` where there is none that could still be used */
export async function revokeHandOver({ keyring, now }: Ports, { transaction }: OrgScope, connection: ConnectionId): Promise<void> {
  await transaction(async (tx) => {
    if (!(await endHandOver(keyring, tx, connection, now()))) throw new AppError('not_found');
    tx.audit('connection.hand_over_revoked', connection);
  });
}

/** @returns whether there was one that could still be used */
export async function endHandOver(keyring: Context['keyring'], tx: Transaction, connection: ConnectionId, at: Date): Promise<boolean> {
  await lock(tx);
  const handOver = await findHandOver(keyring, tx, { connection });
  if (!handOver || handOver.org !== tx.realm || !isOpen(handOver, at)) return false;
  await changeHandOver(keyring, tx, handOver, { endedAt: at.toISOString() });
  return true;
}

export async function describeHandOver({ keyring, now }: Ports, { org, transaction }: OrgScope, connection: ConnectionId) {
  const found = await transaction((tx) => findHandOver(keyring, tx, { connection }));
  if (found?.org !== org) return {};
  const { createdAt, expiresAt, openedAt, deviceName, changedAt } = found;
  const state: 'open' | 'used' | 'ended' | 'expired' = isOpen(found, now())
    ? openedAt
      ? 'used'
      : 'open'
    : found.endedAt
      ? 'ended'
      : 'expired';
  const handOver = {
    state,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ...(openedAt ? { openedAt } : {}),
    ...(deviceName ? { device: deviceName } : {}),
    ...(changedAt ? { changedAt } : {}),
  };
  return { handOver };
}

/** Uses the link up: of several at once one device has it. @throws AppError `link_invalid`, whatever the reason */
export async function openHandOver(ports: Ports, { channel }: PublicScope, token: string): Promise<{ connection: ConnectionId }> {
  const { db, keyring, now } = ports;
  const device = requireDevice(channel);
  const known = await db.transaction('environment', SET_UP_LINK, (tx) => findHandOver(keyring, tx, { token }));
  if (!known || !(await isAllowed(ports, known))) throw new AppError('link_invalid');
  return db.transaction(known.org, SET_UP_LINK, async (tx) => {
    await lock(tx);
    const handOver = await findHandOver(keyring, tx, { token });
    if (!handOver || handOver.device || !isOpen(handOver, now())) throw new AppError('link_invalid');
    const { connection } = handOver;
    if (!(await findUnused(ports, tx, connection))) throw new AppError('link_invalid');
    await changeHandOver(keyring, tx, handOver, { device, deviceName: channel?.deviceName, openedAt: now().toISOString() });
    tx.audit('connection.hand_over_opened', connection);
    return { connection };
  });
}

/** What the calling device may do to a connection. @throws AppError `device_required`; `link_invalid`, whatever the reason */
export async function enterByLink(ports: Ports, { channel }: Pick<PublicScope, 'channel'>, id: ConnectionId): Promise<LinkScope> {
  const { db, keyring, now } = ports;
  const device = requireDevice(channel);
  const known = await db.transaction('environment', SET_UP_LINK, (tx) => findHandOver(keyring, tx, { connection: id }));
  if (known?.device !== device || !(await isAllowed(ports, known))) throw new AppError('link_invalid');
  const { org } = known;
  const requireStill = async (tx: Transaction) => {
    await lock(tx);
    const handOver = await findHandOver(keyring, tx, { connection: id });
    const connection = await findUnused(ports, tx, id);
    if (handOver?.device !== device || !isOpen(handOver, now()) || !connection) throw new AppError('link_invalid');
    return { handOver, connection };
  };
  const found = await db.transaction(org, SET_UP_LINK, requireStill);
  return {
    ...found,
    org,
    transaction: (fn) =>
      db.transaction(org, SET_UP_LINK, async (tx) => {
        await requireStill(tx);
        return fn(tx);
      }),
    audit: (action, target, facts) => db.audit(org, { action, actor: SET_UP_LINK, target, ...(facts ? { facts } : {}) }),
  };
}

/** Notes what the link did. */
export async function noteByLink(
  { keyring }: Pick<Ports, 'keyring'>,
  { handOver: { connection }, transaction }: LinkScope,
  changes: Pick<Partial<HandOver>, 'changedAt' | 'lastTest'>,
): Promise<void> {
  await transaction(async (tx) => {
    const latest = await findHandOver(keyring, tx, { connection });
    if (latest) await changeHandOver(keyring, tx, latest, changes);
  });
}

function isOpen({ endedAt, expiresAt }: HandOver, at: Date): boolean {
  return !endedAt && expiresAt > at;
}

/** A link is worth no more than whoever made it. */
async function isAllowed({ db }: Ports, { org, by }: { readonly org: HandOver['org']; readonly by: UserId }): Promise<boolean> {
  if (await isClosed(db, org)) return false;
  const role = await findRole(db, by, org);
  return role !== undefined && hasPermission(role, 'people.manage');
}

async function findUnused({ keyring }: Ports, tx: Transaction, id: ConnectionId): Promise<StoredConnection | undefined> {
  const connection = await findConnection(keyring, tx, tx.realm, id);
  return connection?.state === 'active' ? undefined : connection;
}

/** In the order of `db/heads.ts`. */
async function lock(tx: Transaction): Promise<void> {
  await tx.lock('connections');
  await tx.lock('connection_hand_overs');
}
