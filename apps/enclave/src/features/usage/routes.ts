import { METERS, type Meter } from '@privexbot/contract';
import type { Handlers } from '../../http/mount.ts';
import { listUsage } from './store.ts';

export function usageRoutes(): Handlers<'usage'> {
  return {
    async read({ transaction }, { query }) {
      const found = await transaction((tx) => listUsage(tx, query.days));
      const rows = found.flatMap(({ meter, ...rest }) => (isMeter(meter) ? [{ meter, ...rest }] : []));
      const totals = Object.fromEntries(METERS.map((meter) => [meter, 0])) as Record<Meter, number>;
      for (const { meter, amount } of rows) totals[meter] += amount;
      return { totals, rows };
    },
  };
}

function isMeter(value: string): value is Meter {
  return (METERS as readonly string[]).includes(value);
}
