import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { acceptInvitation, type Belonging, createOrganization, listBelongings, listOrganizationIds } from '../organizations/index.ts';
import { isCaptured } from '../policies/index.ts';
import { changeUser, findUser, hasUsers, insertUser, type Profile, type Tx, type User } from './store.ts';
import { emailIndex } from './strategies/email.ts';

type Ports = Pick<Context, 'config' | 'db' | 'keyring' | 'now' | 'newId'>;

/** What a new person asks for. */
export interface Wish {
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
  /** Token of an invitation. */
  readonly invitation?: string | undefined;
}

/**
 * Makes a person, and an organization with a workspace, or a membership by invitation, in the transaction.
 * @throws AppError `sign_up_closed`, `address_taken`, `link_invalid`
 */
export async function createAccount(ports: Ports, tx: Tx, profile: Profile, wish: Wish): Promise<User> {
  const { newId, now } = ports;
  const id = newId('user');
  tx.actAs(id);
  await tx.lock('users');
  if (!wish.invitation) await requireOpen(ports, tx, profile.email);
  await insertPerson(ports, tx, { id, ...profile }, now());
  const user = wish.invitation ? await join(ports, tx, { id, ...profile }, wish.invitation) : { id, ...profile };
  if (!wish.invitation) await createOrganization(ports, tx, wish.organization ?? nameOf(profile), id);
  for (const org of await listOrganizationIds(tx, id)) tx.audit('account.created', id, {}, org);
  return user;
}

/** Makes a person a member by invitation. With `users` locked. @throws AppError as `acceptInvitation` */
export async function join(ports: Ports, tx: Tx, user: User, invitation: string): Promise<User> {
  const { keyring } = ports;
  const isProven = await acceptInvitation(ports, tx, invitation, { id: user.id, isAddress: isSameAddress({ keyring }, user.email) });
  if (!isProven || user.emailVerified) return user;
  tx.audit('account.verified', user.id);
  return changeUser(keyring, tx, user.id, () => ({ emailVerified: true }));
}

/** Makes a person who belongs nowhere yet. @throws AppError `address_taken` */
export async function insertPerson({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, { id, ...profile }: User, at: Date): Promise<void> {
  await tx.lock('users');
  const index = profile.email === undefined ? null : emailIndex(keyring, profile.email);
  if (index && (await findUser(keyring, tx, { email: index }))) throw new AppError('address_taken');
  await insertUser(keyring, tx, id, index, profile, at);
  tx.audit('account.created', id);
}

/** Changes something of a person; each organization of the person finds it in its audit log. */
export async function changeAccount<T>(
  { db }: Pick<Context, 'db'>,
  user: UserId,
  fn: (tx: Tx, audit: Transaction['audit']) => Promise<T>,
): Promise<{ changed: T; belongings: Belonging[] }> {
  const belongings = await listBelongings(db, user);
  const changed = await db.transaction('environment', user, (tx) =>
    fn(tx, (...entry) => {
      tx.audit(...entry);
      for (const { id } of belongings) tx.audit(entry[0], entry[1], entry[2], id);
    }),
  );
  return { changed, belongings };
}

/** Whether anybody may sign up at this moment. */
export async function isSignUpOpen({ config, db }: Pick<Context, 'config' | 'db'>): Promise<boolean> {
  return db.transaction('environment', 'visitor', (tx) => isOpen(config.signUp, tx));
}

/** Tells whether another address is the same person's. */
export function isSameAddress({ keyring }: Pick<Context, 'keyring'>, email: string | undefined): (other: string) => boolean {
  if (email === undefined) return () => false;
  const index = Buffer.from(emailIndex(keyring, email));
  return (other) => index.equals(emailIndex(keyring, other));
}

/** What stands before the @. */
export function localPart(email: string): string {
  return email.slice(0, email.lastIndexOf('@'));
}

async function requireOpen({ config, db }: Pick<Ports, 'config' | 'db'>, tx: Tx, email: string | undefined): Promise<void> {
  const isCapturedAddress = email !== undefined && (await isCaptured(db, tx, email));
  if (isCapturedAddress || !(await isOpen(config.signUp, tx))) throw new AppError('sign_up_closed');
}

async function isOpen(mode: Context['config']['signUp'], tx: Tx): Promise<boolean> {
  return mode === 'open' || (mode === 'first' && !(await hasUsers(tx)));
}

function nameOf({ email, name }: Profile): string {
  return email === undefined ? name : email.slice(email.lastIndexOf('@') + 1);
}
