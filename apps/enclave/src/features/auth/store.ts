import type { CredentialId, OrgId, SessionId, UserId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { SessionFacts } from '../../http/scope.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import { emailIndex } from './strategies/email.ts';

/** People and sessions belong to no organization. */
export type Tx = Transaction<'environment'>;

export interface EmailChange {
  readonly id: string;
  readonly email: string;
  /** Which sides still have to be confirmed. */
  readonly waiting: readonly ('old' | 'new')[];
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** What is sealed in a person's row. */
export interface Profile {
  /** Absent for people who signed up with a wallet and have added none. */
  readonly email?: string;
  readonly name: string;
  readonly emailVerified: boolean;
  /** The person took the address later, where no mail is sent that could prove it: nobody else said that it is theirs. */
  readonly claimed?: boolean | undefined;
  /** argon2id in PHC string format; absent for who never set one. */
  readonly password?: string;
  /** How many one-time links were used. */
  readonly links: number;
  /** Passkeys, authenticator app and recovery codes: none of these may be missing. */
  readonly factors?: readonly CredentialId[];
  /** A change of address that waits for its links to be opened. */
  readonly emailChange?: EmailChange;
  /** The organization whose Admin made the account. */
  readonly madeBy?: OrgId | undefined;
  /** Until when the password serves for the first sign-in alone, where an Admin gave it. ISO 8601. */
  readonly oneTimeUntil?: string | undefined;
}
export type User = Profile & { readonly id: UserId };

export interface Session {
  readonly id: SessionId;
  readonly user: UserId;
  readonly device: string;
  readonly address: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly facts: SessionFacts;
}

/** What is sealed in a session's row; those that were begun before facts were kept were begun by password or link. */
interface SessionContent {
  readonly device: string;
  readonly address: string;
  readonly facts?: Omit<SessionFacts, 'authTime' | 'startedAt'> & { readonly authTime: string };
}

function userPlace(row: Omit<Tables['users'], 'sealed'>): Place {
  return { table: 'users', realm: 'environment', id: row.id, version: row.version, clear: [row.email_index ? hex(row.email_index) : ''] };
}

function sessionPlace(row: Omit<Tables['sessions'], 'sealed'>): Place {
  const { id, version, user_id, token_hash, expires_at } = row;
  return { table: 'sessions', realm: 'environment', id, version, clear: [user_id, hex(token_hash), expires_at.toISOString()] };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export async function hasUsers(tx: Tx): Promise<boolean> {
  return (await tx.sql.selectFrom('users').select('id').limit(1).execute()).length > 0;
}

export async function insertUser(
  keyring: Keyring,
  tx: Tx,
  id: UserId,
  email_index: Uint8Array | null,
  profile: Profile,
  created_at: Date,
): Promise<void> {
  const row = { id, email_index, version: 1, created_at };
  const sealed = sealValue(keyring.environment, userPlace(row), profile);
  await tx.record('users', id, sealed);
  await tx.sql
    .insertInto('users')
    .values({ ...row, sealed })
    .execute();
}

export async function findUser(keyring: Keyring, tx: Tx, by: { id: UserId } | { email: Uint8Array }): Promise<User | undefined> {
  const row = await tx.sql
    .selectFrom('users')
    .selectAll()
    .where((is) => ('id' in by ? is('id', '=', by.id) : is('email_index', '=', by.email)))
    .executeTakeFirst();
  return row && (await openUser(keyring, tx, row));
}

/** For lists. Who is gone, or whose row was changed from outside, is left out. */
export async function findProfiles(keyring: Keyring, tx: Tx, ids: readonly UserId[]): Promise<Map<UserId, Profile>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.sql.selectFrom('users').selectAll().where('id', 'in', ids).execute();
  const open = (row: Tables['users']) => openValue<Profile>(keyring.environment, userPlace(row), row.sealed);
  const opened = await Promise.allSettled(rows.map(async (row) => [row.id, open(row)] as const));
  return new Map(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
}

/** What becomes of a person's row; `undefined` takes a field away. */
export type ProfileChange = { readonly [K in keyof Profile]?: Profile[K] | undefined };

/** Changes what is sealed in a person's row; `change` sees the latest and may throw. Another address must be nobody else's. */
export async function changeUser(keyring: Keyring, tx: Tx, id: UserId, change: (user: User) => ProfileChange): Promise<User> {
  await tx.lock('users');
  const row = await tx.sql.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  const user = await openUser(keyring, tx, row);
  // A field that was taken away is left out of the JSON.
  const { id: _, ...profile } = { ...user, ...change(user) } as User;
  const email_index = profile.email === user.email ? row.email_index : indexOf(keyring, profile.email);
  const version = row.version + 1;
  const sealed = sealValue(keyring.environment, userPlace({ ...row, version, email_index }), profile);
  await tx.record('users', id, sealed);
  await tx.sql.updateTable('users').set({ version, sealed, email_index }).where('id', '=', id).execute();
  return { id, ...profile };
}

export async function insertSession(keyring: Keyring, tx: Tx, session: Session, token_hash: Uint8Array): Promise<void> {
  const { id, user, device, address, createdAt, expiresAt, facts } = session;
  const row = { id, user_id: user, token_hash, expires_at: expiresAt, version: 1, created_at: createdAt };
  const sealed = sealValue(keyring.environment, sessionPlace(row), toContent(device, address, facts));
  await tx.record('sessions', id, sealed);
  await tx.sql
    .insertInto('sessions')
    .values({ ...row, sealed })
    .execute();
}

export async function findSession(keyring: Keyring, tx: Tx, tokenHash: Uint8Array): Promise<Session | undefined> {
  const row = await tx.sql.selectFrom('sessions').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();
  return row && (await openSession(keyring, tx, row));
}

/** Of one person or several, oldest first. */
export async function listSessions(keyring: Keyring, tx: Tx, users: UserId | readonly UserId[]): Promise<Session[]> {
  const rows = await tx.sql.selectFrom('sessions').selectAll().where('user_id', 'in', [users].flat()).orderBy('id').execute();
  return Promise.all(rows.map((row) => openSession(keyring, tx, row)));
}

/** Deletes the sessions of a person that `which` names by id and expiry. @returns how many there were */
export async function deleteSessions(tx: Tx, user: UserId, which: (id: SessionId, expiresAt: Date) => boolean): Promise<number> {
  await tx.lock('sessions');
  const rows = await tx.sql.selectFrom('sessions').select(['id', 'expires_at']).where('user_id', '=', user).execute();
  const chosen = rows.filter((row) => which(row.id, row.expires_at));
  for (const { id } of chosen) {
    await tx.record('sessions', id, null);
    await tx.sql.deleteFrom('sessions').where('id', '=', id).execute();
  }
  return chosen.length;
}

/** Changes what a session remembers of how it was begun, when the person proved something again. */
export async function changeSessionFacts(keyring: Keyring, tx: Tx, id: SessionId, facts: SessionFacts): Promise<void> {
  await tx.lock('sessions');
  const row = await tx.sql.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_signed_in');
  const { device, address } = await openSession(keyring, tx, row);
  const version = row.version + 1;
  const sealed = sealValue(keyring.environment, sessionPlace({ ...row, version }), toContent(device, address, facts));
  await tx.record('sessions', id, sealed);
  await tx.sql.updateTable('sessions').set({ version, sealed }).where('id', '=', id).execute();
}

/** Deletes the ways in that are kept of a person. With `users` locked. */
export async function deleteWaysIn(tx: Tx, user: UserId): Promise<void> {
  for (const table of ['identities', 'credentials'] as const) {
    await tx.lock(table);
    const rows = await tx.sql.selectFrom(table).select('id').where('user_id', '=', user).execute();
    for (const { id } of rows) await tx.record(table, id, null);
    await tx.sql.deleteFrom(table).where('user_id', '=', user).execute();
  }
}

/** Deletes the person itself, of whom nothing else may be left. With `users` locked. */
export async function deleteUser(tx: Tx, user: UserId): Promise<void> {
  await tx.record('users', user, null);
  await tx.sql.deleteFrom('users').where('id', '=', user).execute();
}

/** Deletes what a new session takes the place of: the one of the same device, whoever's it is, and those of the person that expired. */
export async function deleteReplaced(tx: Tx, user: UserId, tokenHash: Uint8Array, at: Date): Promise<void> {
  await tx.lock('sessions');
  const rows = await tx.sql
    .selectFrom('sessions')
    .select('id')
    .where((is) => is.or([is('token_hash', '=', tokenHash), is.and([is('user_id', '=', user), is('expires_at', '<=', at)])]))
    .execute();
  if (rows.length === 0) return;
  for (const { id } of rows) await tx.record('sessions', id, null);
  await tx.sql
    .deleteFrom('sessions')
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
}

/** Whom a refused row seems to belong to, so that the Admin concerned can be told. */
export async function findClaimedUser(tx: Tx, table: unknown, id: unknown): Promise<UserId | undefined> {
  if (table === 'users') return id as UserId;
  if (table !== 'sessions') return undefined;
  const row = await tx.sql
    .selectFrom('sessions')
    .select('user_id')
    .where('id', '=', id as SessionId)
    .executeTakeFirst();
  return row?.user_id;
}

function indexOf(keyring: Keyring, email: string | undefined): Uint8Array | null {
  return email === undefined ? null : emailIndex(keyring, email);
}

async function openUser(keyring: Keyring, tx: Tx, row: Tables['users']): Promise<User> {
  const profile = openValue<Profile>(keyring.environment, userPlace(row), row.sealed);
  await tx.check('users', row.id, row.sealed);
  return { id: row.id, ...profile };
}

async function openSession(keyring: Keyring, tx: Tx, row: Tables['sessions']): Promise<Session> {
  const { device, address, facts } = openValue<SessionContent>(keyring.environment, sessionPlace(row), row.sealed);
  await tx.check('sessions', row.id, row.sealed);
  const startedAt = row.created_at;
  const begun = { method: 'password', amr: ['pwd'], ...facts, authTime: facts ? new Date(facts.authTime) : startedAt, startedAt } as const;
  return { id: row.id, user: row.user_id, device, address, createdAt: startedAt, expiresAt: row.expires_at, facts: begun };
}

function toContent(device: string, address: string, { startedAt: _, authTime, ...facts }: SessionFacts): SessionContent {
  return { device, address, facts: { ...facts, authTime: authTime.toISOString() } };
}
