import type { Meter, UserId } from '@privexbot/contract';
import { sql as raw } from 'kysely';
import type { Transaction } from '../../db/database.ts';

export interface Count {
  readonly meter: Meter;
  readonly model: string;
  readonly amount: number;
  /** The member who used it, for the member's limits. */
  readonly user?: UserId | undefined;
}

/** Adds to the counts of the database's UTC day. Rows in one order, so that two transactions never wait for each other in turn. */
export async function countUsage(tx: Transaction, counts: readonly Count[]): Promise<void> {
  const common = { org_id: tx.realm, day: raw<string>`(now() at time zone 'utc')::date` };
  const byModel = addUp(counts, ({ meter, model }) => `${meter} ${model}`).map(({ meter, model, amount }) => ({
    ...common,
    meter,
    model,
    amount,
  }));
  const byMember = addUp(counts, ({ meter, user }) => user && `${user} ${meter}`).flatMap(({ meter, user, amount }) =>
    user ? [{ ...common, user_id: user, meter, amount }] : [],
  );
  // Sent together, and run in this order.
  await Promise.all([
    byModel.length > 0 &&
      tx.sql
        .insertInto('usage')
        .values(byModel)
        .onConflict((conflict) =>
          conflict.columns(['org_id', 'day', 'meter', 'model']).doUpdateSet({ amount: raw`usage.amount + excluded.amount` }),
        )
        .execute(),
    byMember.length > 0 &&
      tx.sql
        .insertInto('member_usage')
        .values(byMember)
        .onConflict((conflict) =>
          conflict.columns(['org_id', 'user_id', 'day', 'meter']).doUpdateSet({ amount: raw`member_usage.amount + excluded.amount` }),
        )
        .execute(),
  ]);
}

/** One count for each name, in the order of the names; those without one are left out. */
function addUp(counts: readonly Count[], nameOf: (count: Count) => string | undefined): Count[] {
  const sums = new Map<string, Count>();
  for (const count of counts) {
    const name = nameOf(count);
    if (name !== undefined) sums.set(name, { ...count, amount: (sums.get(name)?.amount ?? 0) + count.amount });
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => count)
    .filter(({ amount }) => amount !== 0);
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
