/** Ways in that somebody else vouches for, each linked to one person. */
import type { ConnectionId, CredentialId, IdentityId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import { listCredentials } from './credentials-store.ts';
import { findUser, type Tx } from './store.ts';
import type { Method, VerifiedIdentity } from './verified-identity.ts';

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;

interface Content {
  readonly method: Method;
  readonly issuer: string;
  readonly subject: string;
  readonly label: string;
  readonly email?: string;
  /** ISO 8601. */
  readonly lastUsedAt: string;
}

export interface LinkedIdentity extends Content {
  readonly id: IdentityId;
  readonly user: UserId;
  readonly connection: ConnectionId | undefined;
  readonly createdAt: Date;
}

type Key = Pick<VerifiedIdentity, 'method' | 'connection' | 'issuer' | 'subject'>;

function placeOf(row: Omit<Tables['identities'], 'sealed'>): Place {
  const { id, user_id, version, subject_index, connection_id } = row;
  const clear = [user_id, Buffer.from(subject_index).toString('hex'), connection_id ?? ''];
  return { table: 'identities', realm: 'environment', id, version, clear };
}

/** The person's that is known by this identity, if there is one. */
export async function findIdentity(keyring: Keyring, tx: Tx, key: Key): Promise<LinkedIdentity | undefined> {
  const row = await tx.sql.selectFrom('identities').selectAll().where('subject_index', '=', indexOf(keyring, key)).executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** Of one person or several, oldest first. */
export async function listIdentities(keyring: Keyring, tx: Tx, users: UserId | readonly UserId[]): Promise<LinkedIdentity[]> {
  const rows = await tx.sql.selectFrom('identities').selectAll().where('user_id', 'in', [users].flat()).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(keyring, tx, row)));
}

/** Makes an identity a way in for the person. @throws AppError `identity_taken` where it is somebody else's */
export async function linkIdentity(ports: Ports, tx: Tx, user: UserId, identity: VerifiedIdentity): Promise<IdentityId> {
  const { keyring, now, newId } = ports;
  await tx.lock('identities');
  const known = await findIdentity(keyring, tx, identity);
  if (known && known.user !== user) throw new AppError('identity_taken');
  if (known) return known.id;
  const row = {
    id: newId('identity'),
    user_id: user,
    subject_index: indexOf(keyring, identity),
    connection_id: identity.connection?.id ?? null,
    version: 1,
    created_at: now(),
  };
  const sealed = sealValue(keyring.environment, placeOf(row), contentOf(identity, now()));
  await tx.record('identities', row.id, sealed);
  await tx.sql
    .insertInto('identities')
    .values({ ...row, sealed })
    .execute();
  tx.audit('identity.linked', user, { method: identity.method, identity: row.id });
  return row.id;
}

/** Takes a way in away, never the last one. @throws AppError `not_found`, `last_way_in` */
export async function unlinkIdentity({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, user: UserId, id: IdentityId): Promise<void> {
  // Whoever takes another way of the person away at the same time waits.
  await tx.lock('users');
  await tx.lock('identities');
  const identities = await listIdentities(keyring, tx, user);
  const one = identities.find((identity) => identity.id === id);
  if (!one) throw new AppError('not_found');
  await requireOtherWayIn(keyring, tx, user, id);
  await removeIdentity(tx, one);
}

export async function removeIdentity(tx: Tx, { id, user, method }: LinkedIdentity): Promise<void> {
  await tx.record('identities', id, null);
  await tx.sql.deleteFrom('identities').where('id', '=', id).execute();
  tx.audit('identity.unlinked', user, { method, identity: id });
}

/** Who is known by a connection, oldest first. */
export async function listConnectionIdentities(keyring: Keyring, tx: Tx, connection: ConnectionId): Promise<LinkedIdentity[]> {
  const rows = await tx.sql.selectFrom('identities').selectAll().where('connection_id', '=', connection).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(keyring, tx, row)));
}

/** Takes away what people were known by at a connection, before it goes. */
export async function forgetConnection(tx: Tx, connection: ConnectionId): Promise<void> {
  await tx.lock('identities');
  const rows = await tx.sql.selectFrom('identities').select('id').where('connection_id', '=', connection).execute();
  for (const { id } of rows) await tx.record('identities', id, null);
  await tx.sql.deleteFrom('identities').where('connection_id', '=', connection).execute();
}

/** Notes that an identity was used, and what its issuer says now. */
export async function touchIdentity(
  { keyring, now }: Pick<Ports, 'keyring' | 'now'>,
  tx: Tx,
  id: IdentityId,
  identity: VerifiedIdentity,
): Promise<void> {
  await tx.lock('identities');
  const row = await tx.sql.selectFrom('identities').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await open(keyring, tx, row);
  const version = row.version + 1;
  const sealed = sealValue(keyring.environment, placeOf({ ...row, version }), contentOf(identity, now()));
  await tx.record('identities', id, sealed);
  await tx.sql.updateTable('identities').set({ version, sealed }).where('id', '=', id).execute();
}

/**
 * Refuses to take away the only way in: others are a password with an address to give with it, a passkey, a linked identity.
 * @throws AppError `last_way_in`
 */
export async function requireOtherWayIn(keyring: Keyring, tx: Tx, user: UserId, without: IdentityId | CredentialId): Promise<void> {
  const person = await findUser(keyring, tx, { id: user });
  if (person?.password !== undefined && person.email !== undefined) return;
  const passkeys = (await listCredentials(keyring, tx, user)).filter(({ kind }) => kind === 'passkey');
  const ways: string[] = [...(await listIdentities(keyring, tx, user)), ...passkeys].map(({ id }) => id);
  if (!ways.some((id) => id !== without)) throw new AppError('last_way_in');
}

function contentOf({ method, issuer, subject, label, email }: VerifiedIdentity, at: Date): Content {
  return { method, issuer, subject, label, ...(email === undefined ? {} : { email }), lastUsedAt: at.toISOString() };
}

/** One connection's subjects are nobody in another, whatever both are called. */
function indexOf(keyring: Keyring, { method, connection, issuer, subject }: Key): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('subject', JSON.stringify([connection?.id ?? method, issuer, subject]));
}

async function open(keyring: Keyring, tx: Tx, row: Tables['identities']): Promise<LinkedIdentity> {
  const content = openValue<Content>(keyring.environment, placeOf(row), row.sealed);
  await tx.check('identities', row.id, row.sealed);
  return { id: row.id, user: row.user_id, connection: row.connection_id ?? undefined, createdAt: row.created_at, ...content };
}
