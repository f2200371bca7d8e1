/** Sessions that a directory vouched for, and their end. */
import type { ConnectionId, OrgId, SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { deleteSessions } from '../auth/index.ts';
import { findConnectionSessions } from './store.ts';

/** Ends the sessions that a directory means, or all that began by the connection. @returns how many there were */
export async function endSessions(
  { keyring }: Pick<Context, 'keyring'>,
  tx: Transaction<'environment'>,
  { id, org }: { readonly id: ConnectionId; readonly org: OrgId },
  which: Parameters<typeof findConnectionSessions>[3],
): Promise<number> {
  await tx.lock('sessions');
  const of = new Map<UserId, Set<SessionId>>();
  for (const { id: session, user } of await findConnectionSessions(keyring, tx, id, which))
    of.set(user, (of.get(user) ?? new Set()).add(session));
  let ended = 0;
  for (const [user, sessions] of of) {
    ended += await deleteSessions(tx, user, (session) => sessions.has(session));
    for (const session of sessions) tx.audit('session.ended', session, { by: 'directory' }, org);
  }
  return ended;
}
