import type { Context } from '../../context.ts';
import type { Handlers } from '../../http/mount.ts';
import { listReceipts, readKeysState, startRotation } from './rotate.ts';

export function privacyRoutes(context: Context): Handlers<'privacy'> {
  return {
    keys: () => readKeysState(context),
    async rotate({ org, user, actor }, { body }) {
      // Whoever asks, it is one environment that does the work.
      await context.limiter.takeExact('rotation', 'environment');
      return startRotation(context, { org, user, actor, backupsExpireAt: body.backupsExpireAt });
    },
    receipts: async () => ({ items: await listReceipts(context) }),
  };
}
