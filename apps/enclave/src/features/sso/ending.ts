/** Signing out here ends the session at the directory that vouched for the person too, by way of the browser. */
import type { ConnectionId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { SessionFacts } from '../../http/scope.ts';
import { createChallenge, takeChallenge } from '../auth/index.ts';
import type { Ports } from './connections.ts';
import { findConnection, type StoredConnection } from './store.ts';
import { toConnection } from './strategies.ts';
import { createChecks, SignInRefused } from './strategy.ts';

const LEAVING = 'leaving-directory';
/** The browser brings the answer outside the sealed channel, where no device is known; it grants nothing. */
const NO_DEVICE = '';
const TTL_MS = 15 * 60_000;
/** A person who signs out does not wait longer for a directory. */
const PATIENCE_MS = 3_000;

interface Errand {
  readonly connection: ConnectionId;
  readonly memory: object;
}

/** Where the browser goes on to, of a session that has ended here. Undefined where there is no such place, or it is not reached. */
export async function leaveDirectory(
  ports: Ports,
  { connection }: Pick<SessionFacts, 'connection'>,
): Promise<{ readonly name: string; readonly url: string } | undefined> {
  if (!connection) return undefined;
  const { promise: enough, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, PATIENCE_MS, undefined);
  try {
    return await Promise.race([prepare(ports, connection), enough]);
  } catch {
    // The person is signed out: what became of the directory must not look as if that had failed.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function prepare(ports: Ports, { id, org, ending }: NonNullable<SessionFacts['connection']>) {
  const { db, keyring, strategies, origin } = ports;
  const connection = await db.transaction('environment', 'visitor', (tx) => findConnection(keyring, tx, org, id));
  if (connection?.state !== 'active') return undefined;
  const end = await strategies[connection.kind].endAt?.(toConnection(connection, origin()), ending);
  if (!end) return undefined;
  const { memory, go } = end;
  const question = { purpose: LEAVING, device: NO_DEVICE, ttlMs: TTL_MS, data: { connection: id, memory: memory ?? {} } satisfies Errand };
  const state = memory ? await db.transaction('environment', 'visitor', (tx) => createChallenge(ports, tx, question)) : '';
  return { name: connection.name, url: go(state) };
}

/** Whether the directory says, in answer to what a browser brought from here, that it ended the session. */
export async function isEnded(ports: Ports, id: ConnectionId, state: string, query: string): Promise<boolean> {
  const { db } = ports;
  const asked = await takeErrand(ports, id, state);
  const { readEnd } = (asked && ports.strategies[asked.connection.kind]) ?? {};
  if (!asked || !readEnd) return false;
  try {
    await readEnd(toConnection(asked.connection, ports.origin()), asked.memory, query, createChecks());
    return true;
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    const facts = { check: error.check };
    await db.audit(asked.connection.org, { action: 'connection.logout_refused', actor: 'visitor', target: id, facts });
    return false;
  }
}

async function takeErrand(
  ports: Ports,
  id: ConnectionId,
  state: string,
): Promise<{ readonly connection: StoredConnection; readonly memory: object } | undefined> {
  try {
    return await ports.db.transaction('environment', 'visitor', async (tx) => {
      const errand = await takeChallenge<Errand>(ports, tx, LEAVING, state, NO_DEVICE);
      const connection = errand.connection === id ? await findConnection(ports.keyring, tx, undefined, id) : undefined;
      return connection && { connection, memory: errand.memory };
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'challenge_invalid') return undefined;
    throw error;
  }
}
