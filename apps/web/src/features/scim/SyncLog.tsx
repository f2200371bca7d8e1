import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '../../parts/Loaded.tsx';
import { type InConnection, scimLogQuery } from './queries.ts';

type Entry = Output<(typeof contract)['scim']['log']>[number];

const WHAT: Record<Entry['type'], Record<Entry['method'], MessageId>> = {
  User: {
    POST: messageId('scim.log.personMade'),
    PUT: messageId('scim.log.personChanged'),
    PATCH: messageId('scim.log.personChanged'),
    DELETE: messageId('scim.log.personRemoved'),
    GET: messageId('scim.log.personAsked'),
  },
  Group: {
    POST: messageId('scim.log.groupMade'),
    PUT: messageId('scim.log.groupChanged'),
    PATCH: messageId('scim.log.groupChanged'),
    DELETE: messageId('scim.log.groupRemoved'),
    GET: messageId('scim.log.groupAsked'),
  },
};
const FAILED_FROM = 400;

/** What the directory sent last, and why something was refused. */
export function SyncLog({ place }: { place: InConnection }) {
  const { t, formats } = useTexts();
  const query = useQuery(scimLogQuery(place));
  const columns: Column<Entry>[] = [
    { id: 'at', header: t('scim.log.at'), cell: ({ at }) => <time dateTime={at}>{formats.dateTime(at)}</time> },
    { id: 'what', header: t('scim.log.what'), cell: ({ type, method }) => t(WHAT[type][method]) },
    { id: 'who', header: t('scim.log.who'), cell: ({ label, target }) => <bdi className="break-all">{label ?? target ?? '–'}</bdi> },
    {
      id: 'outcome',
      header: t('scim.log.outcome'),
      cell: ({ status, problem }) => (
        <span className="flex flex-wrap items-center gap-2">
          <Chip tone={status < FAILED_FROM ? 'success' : 'danger'}>
            {status < FAILED_FROM ? t('scim.log.done') : t('scim.log.refused')} {status}
          </Chip>
          {problem && <span className="text-dense">{problem}</span>}
        </span>
      ),
    },
  ];
  return (
    <section aria-labelledby="scim-log" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="scim-log" className="text-h2 font-semibold">
          {t('scim.log')}
        </h2>
        <Button size="sm" busy={query.isFetching} onClick={() => void query.refetch()}>
          {t('scim.log.again')}
        </Button>
      </div>
      <Loaded query={query} failed={t('scim.log.loadFailed')}>
        {(entries) =>
          entries.length > 0 ? (
            <DataTable
              caption={t('scim.log')}
              columns={columns}
              rows={entries.map((entry, at) => ({ ...entry, key: `${entry.at} ${at}` }))}
              rowKey={({ key }) => key}
            />
          ) : (
            <EmptyState title={t('scim.log.emptyTitle')}>{t('scim.log.emptyText')}</EmptyState>
          )
        }
      </Loaded>
    </section>
  );
}
