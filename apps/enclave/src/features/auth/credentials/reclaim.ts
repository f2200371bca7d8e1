import type { Context } from '../../../context.ts';
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
