import type { Context } from '../../context.ts';
import type { Handlers } from '../../http/mount.ts';
import { exportAudit } from './export.ts';
import { listAudit } from './list.ts';
import { findSettings, replaceSettings } from './settings.ts';
import { addSink, listAll, removeSink, testSink } from './sinks/manage.ts';
import { verifyAudit } from './verify.ts';

type Ports = Pick<Context, 'config' | 'db' | 'keyring' | 'outbound' | 'now' | 'newId' | 'log'>;

export function auditRoutes(context: Ports): Handlers<'audit'> {
  const { db, now } = context;
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

    async export(scope, { query }) {
      await scope.audit('audit.exported', undefined, { format: query.format });
      return exportAudit(context, scope, query);
    },

    async settings({ transaction }) {
      const { retentionDays } = await transaction((tx) => findSettings(db, tx));
      return retentionDays === undefined ? {} : { retentionDays };
    },

    async changeSettings({ transaction }, { body }) {
      await transaction(async (tx) => {
        await replaceSettings(db, tx, body);
        tx.audit('audit.settings_changed', undefined, { retention_days: body.retentionDays ?? 0 });
      });
      return body;
    },

    sinks: (scope) => listAll(context, scope),
    addSink: (scope, { body }) => addSink(context, scope, body),
    testSink: (scope, { params }) => testSink(context, scope, params.sink),
    removeSink: (scope, { params }) => removeSink(context, scope, params.sink),
  };
}
