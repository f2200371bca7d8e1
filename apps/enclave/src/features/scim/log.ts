/** What a directory did last, and what was refused: for the Admin who sets it up. */
import type { ConnectionId } from '@privexbot/contract';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import { randomBytes } from '../../random.ts';
import type { ResourceType } from './schemas.ts';
import type { Directory, Tx } from './store.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface LogEntry {
  readonly at: Date;
  readonly method: Method;
  readonly type: ResourceType['id'];
  /** Id of the person or group, where there is one. */
  readonly target?: string | undefined;
  /** What the directory calls it. */
  readonly label?: string | undefined;
  readonly status: number;
  /** Of a refusal. */
  readonly problem?: string | undefined;
}

const KEPT = 500;
const SHOWN = 100;
const PRUNE_EVERY = 50;
let written = 0;

function placeOf(row: Pick<Tables['scim_log'], 'id' | 'org_id' | 'connection_id'>): Place {
  return { table: 'scim_log', realm: row.org_id, id: row.id, version: 1, clear: [row.connection_id] };
}

export async function writeLog(keyring: Keyring, tx: Tx, { org, connection }: Directory, { at, ...entry }: LogEntry): Promise<void> {
  const id = `${at.getTime().toString(36).padStart(9, '0')}${randomBytes(8).toString('hex')}`;
  const row = { id, org_id: org, connection_id: connection, created_at: at };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), entry);
  await tx.sql
    .insertInto('scim_log')
    .values({ ...row, sealed })
    .execute();
  if (written++ % PRUNE_EVERY === 0) await prune(tx, connection);
}

/** Newest first. */
export async function readLog(keyring: Keyring, tx: Tx, { org, connection }: Directory): Promise<LogEntry[]> {
  const rows = await tx.sql
    .selectFrom('scim_log')
    .selectAll()
    .where('org_id', '=', org)
    .where('connection_id', '=', connection)
    .orderBy('id', 'desc')
    .limit(SHOWN)
    .execute();
  const key = await keyring.organization(tx.keys, org);
  return rows.map((row) => ({ at: row.created_at, ...openValue<Omit<LogEntry, 'at'>>(key, placeOf(row), row.sealed) }));
}

async function prune(tx: Tx, connection: ConnectionId): Promise<void> {
  const oldest = await tx.sql
    .selectFrom('scim_log')
    .select('id')
    .where('connection_id', '=', connection)
    .orderBy('id', 'desc')
    .offset(KEPT)
    .limit(1)
    .executeTakeFirst();
  if (oldest) await tx.sql.deleteFrom('scim_log').where('connection_id', '=', connection).where('id', '<=', oldest.id).execute();
}
