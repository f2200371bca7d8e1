import type { Meter } from '@privexbot/contract';
import { sql as raw } from 'kysely';
import type { Transaction } from '../../db/database.ts';

export interface Count {
  readonly meter: Meter;
  readonly model: string;
  readonly amount: number;
}

/** Adds to the counts of the database's UTC day. Rows in one order, so that two transactions never wait for each other in turn. */
export async function countUsage(tx: Transaction, counts: readonly Count[]): Promise<void> {
  const sums = new Map<string, Count>();
  for (const { meter, model, amount } of counts) {
    const name = `${meter} ${model}`;
    sums.set(name, { meter, model, amount: (sums.get(name)?.amount ?? 0) + amount });
  }
  const rows = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => ({ ...count, org_id: tx.realm, day: raw<string>`(now() at time zone 'utc')::date` }))
    .filter(({ amount }) => amount !== 0);
  if (rows.length === 0) return;
  await tx.sql
    .insertInto('usage')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'day', 'meter', 'model']).doUpdateSet({ amount: raw`usage.amount + excluded.amount` }),
    )
    .execute();
}

/** The counts of the last days, today included, newest first. */
export function listUsage(tx: Transaction, days: number): Promise<{ day: string; meter: string; model: string; amount: number }[]> {
  return tx.sql
    .selectFrom('usage')
    .select(['day', 'meter', 'model', 'amount'])
    .where('org_id', '=', tx.realm)
    .where('day', '>', raw<string>`(now() at time zone 'utc')::date - ${days}::integer`)
    .orderBy('day', 'desc')
    .orderBy('meter')
    .orderBy('model')
    .execute();
}
