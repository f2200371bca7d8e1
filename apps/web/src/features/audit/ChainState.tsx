import { Button } from '@privexbot/ui/base/Button.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '../../parts/Loaded.tsx';
import { auditReportQuery } from '../../queries.ts';

/** Whether the log is unbroken, when that was computed, and if it is broken, the first bad place. */
export function ChainState({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const query = useQuery(auditReportQuery(org));
  return (
    <Loaded query={query} failed={t('audit.checkFailed')}>
      {({ intact, entries, checkedAt, problem }) => (
        <div
          role={intact ? 'status' : 'alert'}
          className={`flex flex-wrap items-center gap-3 rounded-card border p-3 text-body ${intact ? 'border-line bg-surface' : 'border-danger bg-danger-soft text-danger'}`}
        >
          <p className="min-w-0 flex-1">
            {intact && t('audit.intact', { entries, time: formats.time(checkedAt) })}
            {!intact &&
              t('audit.broken', { writer: problem?.writer ?? '', sequence: problem?.sequence ?? 0, time: formats.time(checkedAt) })}
          </p>
          <Button size="sm" busy={query.isFetching} onClick={() => void query.refetch()}>
            {t('audit.checkAgain')}
          </Button>
        </div>
      )}
    </Loaded>
  );
}
