import type { ConnectionId, ConnectionKind, DirectorySync, OrgId } from '@privexbot/contract';
import { sql } from 'kysely';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

export interface Due {
  readonly id: ConnectionId;
  readonly org: OrgId;
}

function placeOf({ connection_id, org_id, version }: Pick<Tables['directory_syncs'], 'connection_id' | 'org_id' | 'version'>): Place {
  return { table: 'directory_syncs', realm: org_id, id: connection_id, version, clear: [] };
}

/** Takes the connections whose people were not looked up since then; of several servers one takes each. */
export async function takeDue(tx: Transaction<'environment'>, kinds: readonly ConnectionKind[], before: Date, now: Date): Promise<Due[]> {
  const { rows } = await sql<{ connection_id: ConnectionId; org_id: OrgId }>`
    insert into directory_syncs (connection_id, org_id, started_at, version)
    select id, org_id, ${now}, 0 from connections where kind in (${sql.join(kinds)}) and state = 'active'
    on conflict (connection_id) do update set started_at = excluded.started_at where directory_syncs.started_at <= ${before}
    returning connection_id, org_id`.execute(tx.sql);
  return rows.map(({ connection_id, org_id }) => ({ id: connection_id, org: org_id }));
}

/** Notes that one begins now, whenever the last was. */
export async function beginSync(tx: Transaction<Realm>, { id, org }: Due, now: Date): Promise<void> {
  await tx.sql
    .insertInto('directory_syncs')
    .values({ connection_id: id, org_id: org, started_at: now, version: 0, sealed: null })
    .onConflict((conflict) => conflict.column('connection_id').doUpdateSet({ started_at: now }))
    .execute();
}

export async function keepResult(keyring: Keyring, tx: Transaction<Realm>, { id, org }: Due, result: DirectorySync): Promise<void> {
  const row = await tx.sql.selectFrom('directory_syncs').selectAll().where('connection_id', '=', id).executeTakeFirst();
  if (!row) return; // the connection was removed meanwhile
  const version = row.version + 1;
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf({ ...row, version }), result);
  await tx.sql.updateTable('directory_syncs').set({ version, sealed }).where('connection_id', '=', id).execute();
}

export async function findResult(keyring: Keyring, tx: Transaction<Realm>, { id, org }: Due): Promise<DirectorySync | undefined> {
  const row = await tx.sql.selectFrom('directory_syncs').selectAll().where('connection_id', '=', id).executeTakeFirst();
  if (!row?.sealed) return undefined;
  return openValue<DirectorySync>(await keyring.organization(tx.keys, org), placeOf(row), row.sealed);
}
