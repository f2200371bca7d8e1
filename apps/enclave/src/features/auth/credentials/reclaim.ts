import type { UserId } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import { deleteApiKeysOf } from '../../api-keys/index.ts';
import { listBelongings } from '../../organizations/index.ts';
import { listIdentities, removeIdentity } from '../identities.ts';
import { changeUser, deleteSessions, type Tx, type User } from '../store.ts';
import { removeFactors } from './factors.ts';

/**
 * Somebody proved, for the first time, to read the mail of the account's address. Until then anybody may have made the account
 * with it and waited: what opens it goes, before its owner moves in. People who were there all along set theirs anew.
 */
export async function reclaim({ keyring }: Pick<Context, 'keyring'>, tx: Tx, user: User): Promise<void> {
  await changeUser(keyring, tx, user.id, () => ({ password: undefined, emailVerified: true }));
  for (const identity of await listIdentities(keyring, tx, user.id))
    if (identity.connection === undefined) await removeIdentity(tx, identity);
  await removeFactors({ keyring }, tx, user.id, user.factors ?? []);
  await deleteSessions(tx, user.id, () => true);
  tx.audit('account.reclaimed', user.id);
}

/** What of it lies in organizations, once nobody else is signed in any more: keys that were made before. */
export async function dropKeys({ db }: Pick<Context, 'db'>, user: UserId): Promise<void> {
  for (const { id } of await listBelongings(db, user))
    await db.transaction(id, user, async (tx) => {
      const keys = await deleteApiKeysOf(tx, user);
      if (keys > 0) tx.audit('key.revoked', user, { keys });
    });
}
