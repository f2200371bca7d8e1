import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { SessionFacts } from '../../http/scope.ts';
import { deleteSessions, insertSession, listSessions } from './store.ts';

/** As if the person's sessions had been begun in another way. */
export async function changeFacts(
  { db, keyring }: Pick<Context, 'db' | 'keyring'>,
  user: UserId,
  facts: Partial<SessionFacts>,
): Promise<void> {
  await db.transaction('environment', 'system', async (tx) => {
    const sessions = await listSessions(keyring, tx, user);
    const hashes = await tx.sql.selectFrom('sessions').select(['id', 'token_hash']).where('user_id', '=', user).execute();
    await deleteSessions(tx, user, () => true);
    for (const session of sessions) {
      const hash = hashes.find(({ id }) => id === session.id)?.token_hash ?? new Uint8Array();
      await insertSession(keyring, tx, { ...session, facts: { ...session.facts, ...facts } }, hash);
    }
  });
}
