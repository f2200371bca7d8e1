/** What people prove themselves with besides a password: passkeys, authenticator apps, recovery codes. */
import type { CredentialId, UserId } from '@privexbot/contract';
import type { CredentialKind, Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import type { Tx } from './store.ts';

export interface Credential<T = unknown> {
  readonly id: CredentialId;
  readonly user: UserId;
  readonly kind: CredentialKind;
  readonly content: T;
  readonly createdAt: Date;
}

function placeOf({ id, user_id, kind, lookup, version }: Omit<Tables['credentials'], 'sealed'>): Place {
  const clear = [user_id, kind, lookup ? Buffer.from(lookup).toString('hex') : ''];
  return { table: 'credentials', realm: 'environment', id, version, clear };
}

/** @param lookup by which `findCredential` finds it: a blind index, or null */
export async function insertCredential(keyring: Keyring, tx: Tx, credential: Credential, lookup: Uint8Array | null): Promise<void> {
  const { id, user, kind, content, createdAt } = credential;
  const row = { id, user_id: user, kind, lookup, version: 1, created_at: createdAt };
  const sealed = sealValue(keyring.environment, placeOf(row), content);
  await tx.record('credentials', id, sealed);
  await tx.sql
    .insertInto('credentials')
    .values({ ...row, sealed })
    .execute();
}

/** Of one person or several, oldest first. */
export async function listCredentials(keyring: Keyring, tx: Tx, users: UserId | readonly UserId[]): Promise<Credential[]> {
  const rows = await tx.sql.selectFrom('credentials').selectAll().where('user_id', 'in', [users].flat()).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(keyring, tx, row)));
}

export async function findCredential(keyring: Keyring, tx: Tx, lookup: Uint8Array): Promise<Credential | undefined> {
  const row = await tx.sql.selectFrom('credentials').selectAll().where('lookup', '=', lookup).executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** Replaces what is sealed in a credential. Lock the table before it is read. */
export async function changeCredential(keyring: Keyring, tx: Tx, id: CredentialId, content: unknown): Promise<void> {
  const row = await tx.sql.selectFrom('credentials').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const version = row.version + 1;
  const sealed = sealValue(keyring.environment, placeOf({ ...row, version }), content);
  await tx.record('credentials', id, sealed);
  await tx.sql.updateTable('credentials').set({ version, sealed }).where('id', '=', id).execute();
}

export async function deleteCredential(tx: Tx, id: CredentialId): Promise<void> {
  await tx.record('credentials', id, null);
  await tx.sql.deleteFrom('credentials').where('id', '=', id).execute();
}

async function open(keyring: Keyring, tx: Tx, row: Tables['credentials']): Promise<Credential> {
  const content = openValue<unknown>(keyring.environment, placeOf(row), row.sealed);
  await tx.check('credentials', row.id, row.sealed);
  return { id: row.id, user: row.user_id, kind: row.kind, content, createdAt: row.created_at };
}
