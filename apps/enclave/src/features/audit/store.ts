import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';

export type EntryRow = Tables['audit_entries'];
export type CheckpointRow = Tables['audit_checkpoints'];
export type EntryPosition = Pick<EntryRow, 'at' | 'writer' | 'sequence'>;

/** Entries newest first, from before a position. */
export function listEntries(tx: Transaction, before: EntryPosition | undefined, limit: number): Promise<EntryRow[]> {
  let query = tx.sql.selectFrom('audit_entries').selectAll().where('org_id', '=', tx.realm);
  if (before)
    query = query.where((is) => is(is.refTuple('at', 'writer', 'sequence'), '<', is.tuple(before.at, before.writer, before.sequence)));
  return query.orderBy('at', 'desc').orderBy('writer', 'desc').orderBy('sequence', 'desc').limit(limit).execute();
}

/** Entries chain by chain, from after a position. */
export function listChains(tx: Transaction, after: Pick<EntryRow, 'writer' | 'sequence'>, limit: number): Promise<EntryRow[]> {
  return tx.sql
    .selectFrom('audit_entries')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where((is) => is(is.refTuple('writer', 'sequence'), '>', is.tuple(after.writer, after.sequence)))
    .orderBy('writer')
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** Oldest first, from after an id. */
export function listCheckpoints(tx: Transaction, after: string, limit: number): Promise<CheckpointRow[]> {
  return tx.sql
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}
