import type { OrgId } from '@privexbot/contract';
import { sql as raw } from 'kysely';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';

export type EntryRow = Tables['audit_entries'];
export type CheckpointRow = Tables['audit_checkpoints'];
export type EntryPosition = Pick<EntryRow, 'at' | 'writer' | 'sequence'>;

/** Entries newest first, from before a position, of a span of time. */
export function listEntries(
  tx: Transaction,
  before: EntryPosition | undefined,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  limit: number,
): Promise<EntryRow[]> {
  let query = tx.sql.selectFrom('audit_entries').selectAll().where('org_id', '=', tx.realm);
  if (before)
    query = query.where((is) => is(is.refTuple('at', 'writer', 'sequence'), '<', is.tuple(before.at, before.writer, before.sequence)));
  if (from) query = query.where('at', '>=', new Date(from));
  if (to) query = query.where('at', '<', new Date(to));
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

/** Every chain there are entries of. Steps from one to the next instead of reading them all. */
export async function listWriters(tx: Transaction): Promise<string[]> {
  const { rows } = await raw<{ writer: string }>`
    with recursive writers as (
      (select writer from audit_entries where org_id = ${tx.realm} order by writer limit 1)
      union all
      select (select e.writer from audit_entries e where e.org_id = ${tx.realm} and e.writer > w.writer order by e.writer limit 1)
      from writers w where w.writer is not null
    ) select writer from writers where writer is not null`.execute(tx.sql);
  return rows.map(({ writer }) => writer);
}

/** The entries of one chain after a number. */
export function listChain(tx: Transaction, writer: string, after: number, limit: number): Promise<EntryRow[]> {
  return tx.sql
    .selectFrom('audit_entries')
    .selectAll()
    .where('org_id', '=', tx.realm)
    .where('writer', '=', writer)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** The number of the last entry of a chain. */
export async function lastOf(tx: Transaction, writer: string): Promise<number> {
  const row = await tx.sql
    .selectFrom('audit_entries')
    .select('sequence')
    .where('org_id', '=', tx.realm)
    .where('writer', '=', writer)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence ?? 0;
}

export async function hasEntriesBefore(tx: Transaction, before: Date): Promise<boolean> {
  const query = tx.sql.selectFrom('audit_entries').select('sequence').where('org_id', '=', tx.realm).where('at', '<', before).limit(1);
  return (await query.execute()).length > 0;
}

export async function deleteChainUpTo(tx: Transaction, writer: string, sequence: number): Promise<void> {
  await tx.sql
    .deleteFrom('audit_entries')
    .where('org_id', '=', tx.realm)
    .where('writer', '=', writer)
    .where('sequence', '<=', sequence)
    .execute();
}

/** @returns the last one that went */
export async function deleteCheckpointsBefore(tx: Transaction, before: Date): Promise<Pick<CheckpointRow, 'id' | 'signature'> | undefined> {
  const younger = tx.sql.selectFrom('audit_checkpoints').select('id').where('org_id', '=', tx.realm).where('at', '>=', before);
  const rows = await tx.sql
    .deleteFrom('audit_checkpoints')
    .where('org_id', '=', tx.realm)
    .where('at', '<', before)
    // Never from the middle, whatever the clocks said.
    .where('id', '<', (is) => is.fn.coalesce(younger.orderBy('id').limit(1).$asScalar(), is.val('~')))
    .returning(['id', 'signature'])
    .execute();
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
}

export async function hasRecentCheckpointOf(tx: Transaction, process: string): Promise<boolean> {
  const query = tx.sql
    .selectFrom('audit_checkpoints')
    .select('id')
    .where('org_id', '=', tx.realm)
    .where('id', 'like', `%-${process}`)
    .limit(1);
  return (await query.execute()).length > 0;
}

/** Organizations that said how long they keep their log. */
export async function listSettled(tx: Transaction<'environment'>): Promise<OrgId[]> {
  const rows = await tx.sql.selectFrom('audit_settings').select('org_id').orderBy('org_id').execute();
  return rows.map(({ org_id }) => org_id);
}
