import { METERS, type Meter as MeterName, type SpendingRules } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { OrgScope } from '../../http/scope.ts';
import { displayNames } from '../auth/index.ts';
import { findRules, findSpent, listSpent, replaceRules } from './spending-store.ts';
import { listUsage } from './store.ts';

export function usageRoutes(context: Pick<Context, 'db' | 'keyring'>): Handlers<'usage'> {
  return {
    async read({ transaction }, { query }) {
      const found = await transaction((tx) => listUsage(tx, query.days));
      const rows = found.flatMap(({ meter, ...rest }) => (isMeter(meter) ? [{ meter, ...rest }] : []));
      const totals = Object.fromEntries(METERS.map((meter) => [meter, 0])) as Record<MeterName, number>;
      for (const { meter, amount } of rows) totals[meter] += amount;
      return { totals, rows };
    },
    spending: (scope) => readSpending(context, scope),
    async setSpending(scope, { body }) {
      const { rules, revision } = body;
      refuseTwice(rules);
      await scope.transaction(async (tx) => {
        await replaceRules(context.keyring, tx, rules, revision);
        tx.audit('spending.changed', undefined, {
          organization: Object.keys(rules.organization).length,
          member: Object.keys(rules.member).length,
          members: rules.members.length,
          models: rules.models.length,
        });
      });
      return readSpending(context, scope);
    },
  };
}

async function readSpending({ db, keyring }: Pick<Context, 'db' | 'keyring'>, { transaction }: OrgScope) {
  const found = await transaction(async (tx) => ({
    ...(await findRules(keyring, tx)),
    spent: await findSpent(tx),
    members: await listSpent(tx),
  }));
  const users = new Set([...found.members, ...found.rules.members].map(({ user }) => user));
  const names = await displayNames({ db }, [...users]);
  const spentBy = new Map(found.members.map(({ user, spent }) => [user, spent]));
  const none = { tokensPerDay: 0, tokensPerMonth: 0, textsPerDay: 0, textsPerMonth: 0 };
  return { ...found, members: [...users].map((user) => ({ user, name: names.get(user) ?? '', spent: spentBy.get(user) ?? none })) };
}

/** Of two rules for one, nobody could say which holds. */
function refuseTwice({ members, models }: SpendingRules): void {
  for (const [field, names] of [
    ['members', members.map(({ user }) => user)],
    ['models', models.map(({ model }) => model)],
  ] as const)
    if (new Set<string>(names).size !== names.length)
      throw new AppError('bad_request', { problem: `${field}: one is listed twice`, field });
}

function isMeter(value: string): value is MeterName {
  return (METERS as readonly string[]).includes(value);
}
