import type { OrgId, SINK_FAILURES, SinkId } from '@privexbot/contract';
import type { Database, Transaction } from '../../../db/database.ts';
import type { Tables } from '../../../db/tables.ts';
import { openValue, type Place, sealValue } from '../../../keys/seal.ts';

export type SinkFailure = (typeof SINK_FAILURES)[number];

/** Where entries go. */
export type Target =
  | { readonly kind: 'webhook'; readonly name: string; readonly url: string; readonly secret: string }
  | {
      readonly kind: 'syslog';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
      readonly ca?: string | undefined;
      readonly format: 'jsonl' | 'cef';
    };

export interface Sink {
  readonly id: SinkId;
  readonly org: OrgId;
  readonly target: Target;
  readonly createdAt: Date;
}

/** How far a sink has come. Times are ISO 8601. */
export interface Progress {
  /** By chain, the number of the last entry that was taken. */
  readonly taken: Readonly<Record<string, number>>;
  readonly delivered: number;
  readonly deliveredAt?: string;
  readonly failure?: SinkFailure;
  readonly failingSince?: string;
  /** How often in a row it failed. */
  readonly failures?: number;
}
export type State = Progress & { readonly version: number };

function sinkPlace({ id, org_id, version }: Omit<Tables['audit_sinks'], 'sealed'>): Place {
  return { table: 'audit_sinks', realm: org_id, id, version };
}

function statePlace({ id, org_id, version }: Pick<Tables['audit_sink_states'], 'id' | 'org_id' | 'version'>): Place {
  return { table: 'audit_sink_states', realm: org_id, id, version };
}

export async function insertSink(db: Database, tx: Transaction, { id, org, target, createdAt }: Sink, progress: Progress): Promise<void> {
  const key = await db.key(tx);
  const row = { id, org_id: org, version: 1, created_at: createdAt };
  const sealed = sealValue(key, sinkPlace(row), target);
  await tx.record('audit_sinks', id, sealed);
  await tx.sql
    .insertInto('audit_sinks')
    .values({ ...row, sealed })
    .execute();
  const state = { id, org_id: org, due_at: createdAt, version: 1 };
  await tx.sql
    .insertInto('audit_sink_states')
    .values({ ...state, sealed: sealValue(key, statePlace(state), progress) })
    .execute();
}

/** Oldest first. */
export async function listSinks(db: Database, tx: Transaction): Promise<Sink[]> {
  const rows = await tx.sql.selectFrom('audit_sinks').selectAll().where('org_id', '=', tx.realm).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(db, tx, row)));
}

export async function findSink(db: Database, tx: Transaction, id: SinkId): Promise<Sink | undefined> {
  const row = await tx.sql.selectFrom('audit_sinks').selectAll().where('org_id', '=', tx.realm).where('id', '=', id).executeTakeFirst();
  return row && open(db, tx, row);
}

export async function deleteSink(tx: Transaction, id: SinkId): Promise<void> {
  await tx.record('audit_sinks', id, null);
  await tx.sql.deleteFrom('audit_sinks').where('id', '=', id).execute();
}

export async function findState(db: Database, tx: Transaction, id: SinkId): Promise<State | undefined> {
  const row = await tx.sql
    .selectFrom('audit_sink_states')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { ...openValue<Progress>(await db.key(tx), statePlace(row), row.sealed), version: row.version };
}

/** @param version of the state this one follows. @returns whether no other server went on meanwhile */
export async function replaceState(
  db: Database,
  tx: Transaction,
  id: SinkId,
  version: number,
  progress: Progress,
  due_at: Date,
): Promise<boolean> {
  const row = { id, org_id: tx.realm, version: version + 1 };
  const { numUpdatedRows } = await tx.sql
    .updateTable('audit_sink_states')
    .set({ version: row.version, due_at, sealed: sealValue(await db.key(tx), statePlace(row), progress) })
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes sinks whose time has come, so that no other server does before `until`. */
export async function claimDue(
  tx: Transaction<'environment'>,
  due: Date,
  until: Date,
  limit: number,
): Promise<{ id: SinkId; org: OrgId }[]> {
  const chosen = tx.sql
    .selectFrom('audit_sink_states')
    .select('id')
    .where('due_at', '<=', due)
    .orderBy('due_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  const rows = await tx.sql
    .updateTable('audit_sink_states')
    .set({ due_at: until })
    .where('id', 'in', chosen)
    .returning(['id', 'org_id'])
    .execute();
  return rows.map(({ id, org_id }) => ({ id, org: org_id }));
}

async function open(db: Database, tx: Transaction, row: Tables['audit_sinks']): Promise<Sink> {
  const target = openValue<Target>(await db.key(tx), sinkPlace(row), row.sealed);
  await tx.check('audit_sinks', row.id, row.sealed);
  return { id: row.id, org: row.org_id, target, createdAt: row.created_at };
}
