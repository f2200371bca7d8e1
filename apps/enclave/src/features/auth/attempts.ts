/**
 * Limits on guessing that nobody can use to lock somebody else out: a device on which a person signed in before counts for
 * itself alone. Strangers are counted by network, and all of them together.
 */
import type { UserId } from '@privexbot/contract';
import { sql as raw } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database } from '../../db/database.ts';
import { networkOf } from '../../http/limits.ts';
import type { PublicScope } from '../../http/scope.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { findUser, type Tx, type User } from './store.ts';
import { emailIndex } from './strategies/email.ts';

/** What is tried, such as `password`. */
interface Attempt {
  readonly method: string;
  /** As it was typed; whether somebody has that address makes no difference. */
  readonly email: string;
  /** Whether whoever has that address signed in on this device before. */
  readonly isKnown: boolean;
}

/** Devices remembered for each person; those longest unused go first. */
const DEVICES = 20;

/**
 * Counts an attempt at an account.
 * @returns what takes it back, for one that succeeded
 * @throws AppError `rate_limited`
 */
export async function countAttempt(
  { limiter }: Pick<Context, 'limiter'>,
  { channel, address }: Pick<PublicScope, 'channel' | 'address'>,
  { method, email, isKnown }: Attempt,
): Promise<() => void> {
  const device = channel?.device;
  const account = `${method} ${mailboxOf(email)}`;
  if (device && isKnown) {
    const own = `${account} on ${device}`;
    await limiter.takeExact('sign-in', own);
    return () => limiter.giveBack('sign-in', own);
  }
  const here = `${account} from ${networkOf(address)}`;
  await limiter.takeExact('sign-in', here);
  await limiter.takeExact('sign-in-elsewhere', account);
  return () => {
    limiter.giveBack('sign-in', here);
    limiter.giveBack('sign-in-elsewhere', account);
  };
}

/** One name for all spellings that mail services deliver to one mailbox. Only limits use it: an account is one spelling's. */
export function mailboxOf(email: string): string {
  const address = email.trim().normalize('NFKC').toLowerCase();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).replace(/\+.*$/, '').replaceAll('.', '');
  return local + address.slice(at);
}

/** Notes that a person signed in on a device. */
export async function rememberDevice({ keyring, now }: Pick<Context, 'keyring' | 'now'>, tx: Tx, user: UserId, device: string) {
  const row = { device: indexOf(keyring, device), user_id: user, at: now() };
  const { isNew } = await tx.sql
    .insertInto('known_devices')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device', 'user_id']).doUpdateSet({ at: row.at }))
    // No other transaction has touched a row that was just inserted.
    .returning(raw<boolean>`xmax = 0`.as('isNew'))
    .executeTakeFirstOrThrow();
  if (!isNew) return;
  const kept = tx.sql.selectFrom('known_devices').select('device').where('user_id', '=', user).orderBy('at', 'desc').limit(DEVICES);
  await tx.sql.deleteFrom('known_devices').where('user_id', '=', user).where('device', 'not in', kept).execute();
}

/** Whether somebody signed in on the device before. */
export async function isKnownDevice(db: Database, device: string): Promise<boolean> {
  const rows = await db.transaction('environment', 'visitor', (tx) => selectUsersOf(tx, db.keyring, device).limit(1).execute());
  return rows.length > 0;
}

/** The person who has an address, and whether that one signed in on the caller's device before. */
export async function findAttempted(
  { db, keyring }: Pick<Context, 'db' | 'keyring'>,
  { channel }: Pick<PublicScope, 'channel'>,
  email: string,
): Promise<{ readonly user: User | undefined; readonly isKnown: boolean }> {
  const device = channel?.device;
  return db.transaction('environment', 'visitor', async (tx) => {
    const [user, known] = await Promise.all([
      findUser(keyring, tx, { email: emailIndex(keyring, email) }),
      device ? selectUsersOf(tx, keyring, device).execute() : [],
    ]);
    return { user, isKnown: known.some(({ user_id }) => user_id === user?.id) };
  });
}

function selectUsersOf(tx: Tx, keyring: Keyring, device: string) {
  return tx.sql.selectFrom('known_devices').select('user_id').where('device', '=', indexOf(keyring, device));
}

function indexOf(keyring: Keyring, device: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('known-device', device);
}
