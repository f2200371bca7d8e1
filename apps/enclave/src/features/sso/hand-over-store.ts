import type { AttemptId, ConnectionId, OrgId, UserId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** Of the organization or, where a link is opened, of the environment. */
type Tx = Transaction<Realm>;

/** Times are ISO 8601. */
interface Content {
  /** Who made the link: it counts for as long as that person may. */
  readonly by: UserId;
  /** Thumbprint of the device that opened it. */
  readonly device?: string | undefined;
  readonly deviceName?: string | undefined;
  readonly openedAt?: string | undefined;
  /** When settings were last changed by it. */
  readonly changedAt?: string | undefined;
  readonly lastTest?: AttemptId | undefined;
  /** Before it expired: revoked, or the connection was made active. */
  readonly endedAt?: string | undefined;
}

export interface HandOver extends Content {
  readonly connection: ConnectionId;
  readonly org: OrgId;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

type Row = Tables['connection_hand_overs'];

function placeOf({ connection_id, org_id, token_hash, expires_at, version }: Omit<Row, 'sealed'>): Place {
  const clear = [Buffer.from(token_hash).toString('hex'), expires_at.toISOString()];
  return { table: 'connection_hand_overs', realm: org_id, id: connection_id, version, clear };
}

/** In place of the one before, if there was one: a connection has one link at most. The table must be locked. */
export async function replaceHandOver(keyring: Keyring, tx: Tx, handOver: HandOver, token: string): Promise<void> {
  const { connection, org, expiresAt, createdAt, ...content } = handOver;
  await deleteHandOver(tx, org, connection);
  const token_hash = keyring.blindIndex('hand-over', token);
  const row = { connection_id: connection, org_id: org, token_hash, expires_at: expiresAt, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), content satisfies Content);
  await tx.record('connection_hand_overs', connection, sealed, org);
  await tx.sql
    .insertInto('connection_hand_overs')
    .values({ ...row, sealed })
    .execute();
}

export async function findHandOver(
  keyring: Keyring,
  tx: Tx,
  by: { connection: ConnectionId } | { token: string },
): Promise<HandOver | undefined> {
  const row = await tx.sql
    .selectFrom('connection_hand_overs')
    .selectAll()
    .where((is) =>
      'connection' in by ? is('connection_id', '=', by.connection) : is('token_hash', '=', keyring.blindIndex('hand-over', by.token)),
    )
    .executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** Replaces what `changes` names of one that was read with the table locked. */
export async function changeHandOver(keyring: Keyring, tx: Tx, before: HandOver, changes: Partial<Content>): Promise<void> {
  const { connection, org, expiresAt: _, createdAt: __, ...content } = { ...before, ...changes };
  const row = await tx.sql
    .selectFrom('connection_hand_overs')
    .selectAll()
    .where('connection_id', '=', connection)
    .executeTakeFirstOrThrow();
  const version = row.version + 1;
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf({ ...row, version }), content satisfies Content);
  await tx.record('connection_hand_overs', connection, sealed, org);
  await tx.sql.updateTable('connection_hand_overs').set({ version, sealed }).where('connection_id', '=', connection).execute();
}

/** Does nothing where there is none. The table must be locked. */
export async function deleteHandOver(tx: Tx, org: OrgId, connection: ConnectionId): Promise<void> {
  const row = await tx.sql.selectFrom('connection_hand_overs').select('org_id').where('connection_id', '=', connection).executeTakeFirst();
  if (!row) return;
  await tx.record('connection_hand_overs', connection, null, org);
  await tx.sql.deleteFrom('connection_hand_overs').where('connection_id', '=', connection).execute();
}

async function open(keyring: Keyring, tx: Tx, row: Row): Promise<HandOver> {
  const content = openValue<Content>(await keyring.organization(tx.keys, row.org_id), placeOf(row), row.sealed);
  await tx.check('connection_hand_overs', row.connection_id, row.sealed, row.org_id);
  return { connection: row.connection_id, org: row.org_id, expiresAt: row.expires_at, createdAt: row.created_at, ...content };
}
