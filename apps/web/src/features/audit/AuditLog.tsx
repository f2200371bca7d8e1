import { Button } from '@privexbot/ui/base/Button.tsx';
import { Menu } from '@privexbot/ui/base/Menu.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, toFailure } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { type AuditFilter, auditQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { ChainState } from './ChainState.tsx';
import { EntryList } from './EntryList.tsx';
import { FilterBar } from './FilterBar.tsx';
import { LogSettings } from './LogSettings.tsx';

type Format = 'jsonl' | 'cef';

/** Who did what when; never content. */
export function AuditLog() {
  const t = useText();
  return (
    <Guarded permission="audit.read" title={t('nav.audit')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const navigate = useNavigate();
  const { id: org } = useOrganization();
  const search = useSearch({ from: '/signed-in/framed/o/$org/audit' });
  const filter = toFilter(search);
  const query = useInfiniteQuery(auditQuery(org, filter));
  const narrow = (next: AuditFilter) => void navigate({ to: '/o/$org/audit', params: { org }, search: withoutNothing(next) });
  const shown = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Object.keys(filter).length > 0;
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const response = await (await api()).audit.export({ params: { org }, query: { ...filter, format } });
      await saveFile(response, `audit-${new Date().toISOString().slice(0, 10)}.${format}`);
    },
  });
  const actions = [
    { label: isNarrowed ? t('audit.exportPart') : t('audit.exportAll'), onSelect: () => save.mutate('jsonl') },
    { label: t('audit.exportCef'), onSelect: () => save.mutate('cef') },
  ];
  return (
    <Page
      title={t('nav.audit')}
      action={
        <Menu
          trigger={
            <Button variant="primary" busy={save.isPending}>
              {t('audit.export')}
            </Button>
          }
          actions={actions}
        />
      }
    >
      <ChainState org={org} />
      {save.error && <ErrorNote title={t('audit.notExported')} failure={toFailure(save.error)} />}
      <FilterBar search={search} onChange={narrow} />
      <Loaded query={query} failed={t('audit.loadFailed')}>
        {() =>
          shown.length > 0 ? (
            <EntryList entries={shown} onNarrow={(to) => narrow({ ...search, ...to })} />
          ) : (
            <EmptyState
              title={query.hasNextPage ? t('audit.nothingYet') : t('audit.nothing')}
              action={isNarrowed && <Button onClick={() => narrow({})}>{t('audit.clear')}</Button>}
            />
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      <LogSettings org={org} />
    </Page>
  );
}

/** Days of the address as instants: a day lasts from its own midnight to the next. */
function toFilter({ from, to, ...rest }: AuditFilter): AuditFilter {
  return withoutNothing({ ...rest, from: from && startOf(from, 0), to: to && startOf(to, 1) });
}

function startOf(day: string, later: number): string | undefined {
  const date = new Date(`${day}T00:00:00`);
  if (Number.isNaN(date.getTime())) return undefined;
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

function withoutNothing(filter: AuditFilter): { [K in keyof AuditFilter]?: string } {
  return Object.fromEntries(Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
