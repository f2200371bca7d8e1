/** A directory says that sessions ended. */
import { AppError } from '../../errors.ts';
import { useOnce } from '../auth/index.ts';
import type { Ports } from './connections.ts';
import { endSessions } from './sessions.ts';
import type { StoredConnection } from './store.ts';
import { toConnection } from './strategies.ts';
import { createChecks, type LogoutNotice, SignInRefused, type Strategy } from './strategy.ts';

type Request = Parameters<NonNullable<Strategy['readLogout']>>[1];

/** Ends what the directory names. Undefined where what it sent is refused. */
export async function endByDirectory(ports: Ports, connection: StoredConnection, request: Request): Promise<LogoutNotice | undefined> {
  const { db, strategies, origin } = ports;
  const strategy = strategies[connection.kind];
  if (!strategy.readLogout) throw new AppError('not_found');
  const checks = createChecks();
  try {
    const notice = await strategy.readLogout(toConnection(connection, origin()), request, checks);
    const { once, subject, session } = notice;
    await db.transaction('environment', 'visitor', async (tx) => {
      if (once) checks.require('replay', await useOnce(ports, tx, `${connection.id} logout ${once.id}`, once.until));
      const ended = await endSessions(ports, tx, connection, { subject, session });
      tx.audit('connection.logout', connection.id, { sessions: ended }, connection.org);
    });
    return notice;
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    const facts = { check: error.check };
    await db.audit(connection.org, { action: 'connection.logout_refused', actor: 'visitor', target: connection.id, facts });
    return undefined;
  }
}
