import type { Context } from '../../context.ts';
import type { Handlers } from '../../http/mount.ts';
import { listAudit } from './list.ts';
import { verifyAudit } from './verify.ts';

export function auditRoutes({ db, now }: Pick<Context, 'db' | 'now'>): Handlers<'audit'> {
  return {
    async list(scope, { query }) {
      await scope.audit('audit.read');
      return listAudit(db, scope, query);
    },

    async verify(scope) {
      const report = await scope.transaction((tx) => verifyAudit(db, tx));
      await scope.audit('audit.verified', undefined, { intact: !report.problem, entries: report.entries });
      return { ...report, intact: !report.problem, checkedAt: now().toISOString() };
    },
  };
}
