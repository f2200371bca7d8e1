/** Accounts that a directory makes and keeps, at addresses of domains that its organization has proven. */
import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { changeUser, deleteSessions, findUser, insertUser, type Tx, type User } from './store.ts';
import { emailIndex } from './strategies/email.ts';

export async function findPersonByEmail(keyring: Keyring, tx: Tx, email: string): Promise<User | undefined> {
  return findUser(keyring, tx, { email: emailIndex(keyring, email) });
}

export async function hasAccount(keyring: Keyring, tx: Tx, id: UserId): Promise<boolean> {
  return (await findUser(keyring, tx, { id })) !== undefined;
}

/** Whether the address is the person's own word alone: a directory that speaks for the address means somebody else, for all that is known. */
export function isMerelyClaimed({ emailVerified, claimed }: User): boolean {
  return claimed === true && !emailVerified;
}

/** Makes an account without a password, for whose address the directory vouches, and which nobody has: the caller looked, with the table locked. */
export async function insertDirectoryAccount(
  ports: Pick<Context, 'keyring' | 'now'>,
  tx: Tx,
  { id, email, name }: { id: UserId; email: string; name: string },
): Promise<void> {
  const { keyring, now } = ports;
  await insertUser(keyring, tx, id, emailIndex(keyring, email), { email, name, emailVerified: true, links: 0 }, now());
  tx.audit('account.created', id);
}

/** Links that were mailed to the address before work no more. */
export async function changeDirectoryAccount(
  keyring: Keyring,
  tx: Tx,
  id: UserId,
  changes: { readonly email?: string; readonly name?: string },
): Promise<void> {
  await changeUser(keyring, tx, id, ({ links }) => ({ ...changes, ...(changes.email === undefined ? {} : { links: links + 1 }) }));
  tx.audit('account.changed', id);
}

/** Ends all sessions of a person. @returns how many there were */
export function endSessionsOf(tx: Tx, user: UserId): Promise<number> {
  return deleteSessions(tx, user, () => true);
}
