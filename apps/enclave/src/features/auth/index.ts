// What the app and other features may ask of people.
import type { OrgId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Database } from '../../db/database.ts';
import { createLink } from './links.ts';
import { findProfiles, findUser } from './store.ts';
import { emailIndex } from './strategies/email.ts';

export { isSameAddress, isSignUpOpen } from './accounts.ts';
export { countAttempt } from './attempts.ts';
export { answerChallenge, createChallenge, takeChallenge, useOnce } from './challenges.ts';
export { completeSignIn } from './complete.ts';
export { requireDevice } from './devices.ts';
export {
  changeDirectoryAccount,
  endSessionsOf,
  findPersonByEmail,
  hasAccount,
  insertDirectoryAccount,
  isMerelyClaimed,
} from './directory-accounts.ts';
export { forgetConnection, listConnectionIdentities } from './identities.ts';
export { createIdentity } from './identity.ts';
export {
  createManagedAccount,
  deleteAccount,
  isOwnAccount,
  makeOneTimePassword,
  setOneTimePassword,
} from './managed-accounts.ts';
export { type ConnectionRules, IdentityRefused, type Refusal } from './resolve.ts';
export { deleteServiceUser, insertServiceUser, renameServiceUser } from './service-users.ts';
export { deleteSessions } from './store.ts';
export { createPasswords, type Passwords } from './strategies/email.ts';
export type { VerifiedIdentity } from './verified-identity.ts';
export { findWaysIn, type WaysIn } from './ways-of.ts';

/** A person as lists show it. */
export interface PersonInList {
  readonly name: string;
  readonly email: string;
  /** The organization whose Admin made the account. */
  readonly madeBy: OrgId | undefined;
}

/** Names and addresses of people by id, for lists; people who are gone are left out. */
export async function findPeople(db: Database, users: readonly UserId[]): Promise<Map<UserId, PersonInList>> {
  const profiles = await db.transaction('environment', 'system', (tx) => findProfiles(db.keyring, tx, users));
  return new Map([...profiles].map(([id, { name, email = '', madeBy }]) => [id, { name, email, madeBy }]));
}

/** Who has which of these addresses. */
export function findUsersByEmail(db: Database, emails: readonly string[]): Promise<Map<string, UserId>> {
  return db.transaction('environment', 'system', async (tx) => {
    const found = new Map<string, UserId>();
    for (const email of emails) {
      const user = await findUser(db.keyring, tx, { email: emailIndex(db.keyring, email) });
      if (user) found.set(email, user.id);
    }
    return found;
  });
}

/** Names of people by id, for lists. */
export async function displayNames({ db }: Pick<Context, 'db'>, users: readonly UserId[]): Promise<Map<string, string>> {
  return new Map([...(await findPeople(db, users))].map(([id, { name }]) => [id, name]));
}

/** A one-time sign-in link for the person with that address, if there is one. Writes nothing. */
export async function createSignInLink(db: Database, email: string, origin: string, now: Date): Promise<string | undefined> {
  const { keyring } = db;
  const user = await db.transaction('environment', 'system', (tx) => findUser(keyring, tx, { email: emailIndex(keyring, email) }));
  return user && createLink(keyring, 'sign-in', user, origin, now);
}
