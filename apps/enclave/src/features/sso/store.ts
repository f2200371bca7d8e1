import type {
  Attempt,
  AttemptId,
  CertificateOwner,
  ConnectionId,
  ConnectionKind,
  OrgId,
  Provisioning,
  SessionId,
  SsoProduct,
  UserId,
} from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** Of the organization or, where people sign in, of the environment. */
type Tx = Transaction<Realm>;

/** What is sealed in a connection's row. */
interface Content {
  readonly name: string;
  readonly product: SsoProduct;
  /** As the schemas of the kind have them (`contract/src/sso.ts`). */
  readonly settings: object;
  readonly secrets: object;
  readonly provisioning: Provisioning;
  /** Grows with each change to settings or secrets. */
  readonly revision: number;
  /** ISO 8601; absent where the present settings passed no test yet. */
  readonly testedAt?: string | undefined;
  /** The last warning that each certificate ends. */
  readonly warned?: Partial<Record<CertificateOwner, Warning>> | undefined;
}

/** That a certificate which ends then (ISO 8601) has so many days left at most. */
export interface Warning {
  readonly endsAt: string;
  readonly days: number;
}

export interface StoredConnection extends Content {
  readonly id: ConnectionId;
  readonly org: OrgId;
  readonly kind: ConnectionKind;
  readonly state: Tables['connections']['state'];
  readonly createdAt: Date;
}

type Row = Tables['connections'];

function placeOf({ id, org_id, kind, state, version }: Omit<Row, 'sealed'>): Place {
  return { table: 'connections', realm: org_id, id, version, clear: [kind, state] };
}

export async function insertConnection(keyring: Keyring, tx: Tx, connection: StoredConnection): Promise<void> {
  const { id, org, kind, state, createdAt, ...content } = connection;
  const row = { id, org_id: org, kind, state, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), content satisfies Content);
  await tx.record('connections', id, sealed, org);
  await tx.sql
    .insertInto('connections')
    .values({ ...row, sealed })
    .execute();
}

/** @param org the organization it must belong to; left out where a sign-in begins, which names a connection only */
export async function findConnection(
  keyring: Keyring,
  tx: Tx,
  org: OrgId | undefined,
  id: ConnectionId,
): Promise<StoredConnection | undefined> {
  let query = tx.sql.selectFrom('connections').selectAll().where('id', '=', id);
  if (org) query = query.where('org_id', '=', org);
  const row = await query.executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** Oldest first. */
export async function listConnections(keyring: Keyring, tx: Tx, org: OrgId): Promise<StoredConnection[]> {
  const rows = await tx.sql.selectFrom('connections').selectAll().where('org_id', '=', org).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(keyring, tx, row)));
}

/** Where connections in use seem to be. Only a pointer: each is checked where it is used. */
export async function listActive(
  tx: Transaction<'environment'>,
  kinds: readonly ConnectionKind[],
): Promise<Pick<StoredConnection, 'id' | 'org'>[]> {
  return tx.sql
    .selectFrom('connections')
    .select(['id', 'org_id as org'])
    .where('state', '=', 'active')
    .where('kind', 'in', [...kinds])
    .execute();
}

/** Replaces what `change` gives; it sees the latest and may throw. @throws AppError `not_found` */
export async function changeConnection(
  keyring: Keyring,
  tx: Tx,
  org: OrgId,
  id: ConnectionId,
  change: (before: StoredConnection) => Partial<Content & Pick<StoredConnection, 'state'>>,
): Promise<StoredConnection> {
  await tx.lock('connections', org);
  const row = await tx.sql.selectFrom('connections').selectAll().where('id', '=', id).where('org_id', '=', org).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  const before = await open(keyring, tx, row);
  const next = { ...before, ...change(before) };
  const { id: _, org: __, kind: ___, state, createdAt: ____, ...content } = next;
  const version = row.version + 1;
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf({ ...row, state, version }), content satisfies Content);
  await tx.record('connections', id, sealed, org);
  await tx.sql.updateTable('connections').set({ state, version, sealed }).where('id', '=', id).execute();
  return next;
}

/** With its attempts. @throws AppError `not_found` */
export async function deleteConnection(tx: Tx, org: OrgId, id: ConnectionId): Promise<void> {
  await tx.lock('connections', org);
  const row = await tx.sql.selectFrom('connections').select('id').where('id', '=', id).where('org_id', '=', org).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  await tx.record('connections', id, null, org);
  await tx.sql.deleteFrom('connections').where('id', '=', id).execute();
}

async function open(keyring: Keyring, tx: Tx, row: Row): Promise<StoredConnection> {
  const content = openValue<Content>(await keyring.organization(tx.keys, row.org_id), placeOf(row), row.sealed);
  await tx.check('connections', row.id, row.sealed, row.org_id);
  return { id: row.id, org: row.org_id, kind: row.kind, state: row.state, createdAt: row.created_at, ...content };
}

/** What is sealed of an attempt. */
export type AttemptContent = Pick<Attempt, 'checks' | 'claims' | 'mapping'>;
export interface StoredAttempt extends AttemptContent {
  readonly id: AttemptId;
  readonly connection: ConnectionId;
  readonly user: UserId | undefined;
  readonly outcome: Attempt['outcome'];
  readonly at: Date;
}

/** How many are kept of a connection, besides the last of each person. */
const KEPT = 20;

function attemptPlace({ id, org_id, connection_id, user_id, outcome }: Omit<Tables['sign_in_attempts'], 'sealed'>): Place {
  return { table: 'sign_in_attempts', realm: org_id, id, version: 1, clear: [connection_id, user_id, outcome] };
}

/** Keeps an attempt, and lets go of those that are too many. */
export async function insertAttempt(keyring: Keyring, tx: Transaction, attempt: StoredAttempt): Promise<void> {
  const { id, connection, user, outcome, at, ...content } = attempt;
  const row = { id, org_id: tx.realm, connection_id: connection, user_id: user ?? null, outcome, created_at: at };
  const sealed = sealValue(await keyring.organization(tx.keys, tx.realm), attemptPlace(row), content satisfies AttemptContent);
  await tx.sql
    .insertInto('sign_in_attempts')
    .values({ ...row, sealed })
    .execute();
  const newest = await tx.sql
    .selectFrom('sign_in_attempts')
    .select('id')
    .where('connection_id', '=', connection)
    .orderBy('id', 'desc')
    .offset(KEPT)
    .limit(1)
    .executeTakeFirst();
  if (!newest) return;
  // Those of other people stay: each is the last of its person, or goes when that person comes again.
  await tx.sql
    .deleteFrom('sign_in_attempts')
    .where('connection_id', '=', connection)
    .where('id', '<=', newest.id)
    .where((is) => is.or([is('user_id', 'is', null), ...(user ? [is('user_id', '=', user)] : [])]))
    .execute();
}

/** Newest first. */
export async function listAttempts(keyring: Keyring, tx: Transaction, connection: ConnectionId): Promise<StoredAttempt[]> {
  const rows = await tx.sql
    .selectFrom('sign_in_attempts')
    .selectAll()
    .where('connection_id', '=', connection)
    .orderBy('id', 'desc')
    .limit(KEPT)
    .execute();
  return Promise.all(rows.map((row) => openAttempt(keyring, tx, row)));
}

export async function findAttempt(keyring: Keyring, tx: Transaction, id: AttemptId): Promise<StoredAttempt | undefined> {
  const row = await tx.sql.selectFrom('sign_in_attempts').selectAll().where('id', '=', id).executeTakeFirst();
  return row && openAttempt(keyring, tx, row);
}

/** A person's last sign-in by any connection of the organization. */
export async function findLastSignIn(keyring: Keyring, tx: Transaction, user: UserId): Promise<StoredAttempt | undefined> {
  const row = await tx.sql
    .selectFrom('sign_in_attempts')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('user_id', '=', user)
    .where('outcome', '=', 'signed_in')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && openAttempt(keyring, tx, row);
}

async function openAttempt(keyring: Keyring, tx: Transaction, row: Tables['sign_in_attempts']): Promise<StoredAttempt> {
  const content = openValue<AttemptContent>(await keyring.organization(tx.keys, row.org_id), attemptPlace(row), row.sealed);
  return {
    id: row.id,
    connection: row.connection_id,
    user: row.user_id ?? undefined,
    outcome: row.outcome,
    at: row.created_at,
    ...content,
  };
}

/** By what a directory may end the session: whose it is, and what the directory calls the session. */
export async function insertConnectionSession(
  keyring: Keyring,
  tx: Transaction<'environment'>,
  session: { readonly id: SessionId; readonly connection: ConnectionId; readonly subject: string; readonly name: string | undefined },
): Promise<void> {
  const { id, connection, subject, name } = session;
  const name_index = name === undefined ? null : keyring.blindIndex('directory-session', name);
  const subject_index = keyring.blindIndex('directory-session', `subject ${subject}`);
  await tx.sql.insertInto('connection_sessions').values({ session_id: id, connection_id: connection, subject_index, name_index }).execute();
}

/** The sessions that a directory means, or all that began by the connection. With whom each is of. */
export async function findConnectionSessions(
  keyring: Keyring,
  tx: Transaction<'environment'>,
  connection: ConnectionId,
  which: { readonly subject?: string | undefined; readonly session?: string | undefined } | 'all',
): Promise<{ id: SessionId; user: UserId }[]> {
  let query = tx.sql
    .selectFrom('connection_sessions')
    .innerJoin('sessions', 'sessions.id', 'connection_sessions.session_id')
    .select(['sessions.id', 'sessions.user_id as user'])
    .where('connection_id', '=', connection);
  if (which !== 'all') {
    const { subject, session } = which;
    if (subject === undefined && session === undefined) return [];
    if (subject !== undefined) query = query.where('subject_index', '=', keyring.blindIndex('directory-session', `subject ${subject}`));
    if (session !== undefined) query = query.where('name_index', '=', keyring.blindIndex('directory-session', session));
  }
  return query.execute();
}
