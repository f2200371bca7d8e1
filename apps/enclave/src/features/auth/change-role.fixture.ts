// As the screen for it will, which is not there yet.
import type { OrgId, Role, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { insertMembership } from '../organizations/index.ts';

/** Replaces a person's membership, or ends it. */
export async function changeRole(
  { db, newId, now }: Pick<Context, 'db' | 'newId' | 'now'>,
  { user, org }: { user: UserId; org: OrgId },
  role: Role | undefined,
): Promise<void> {
  await db.transaction(org, 'test', async (tx) => {
    await tx.lock('memberships');
    const { id } = await tx.sql.selectFrom('memberships').select('id').where('user_id', '=', user).executeTakeFirstOrThrow();
    await tx.record('memberships', id, null);
    await tx.sql.deleteFrom('memberships').where('id', '=', id).execute();
    if (role) await insertMembership(db.keyring, tx, { id: newId('membership'), org, user, role, source: 'manual', createdAt: now() });
  });
}
