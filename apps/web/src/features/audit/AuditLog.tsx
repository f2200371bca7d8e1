import { Button } from '@privexbot/ui/base/Button.tsx';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { auditQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { DOMAINS } from './action-words.ts';
import { ChainState } from './ChainState.tsx';
import { EntryList } from './EntryList.tsx';

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
  const { action } = useSearch({ from: '/signed-in/framed/o/$org/audit' });
  const query = useInfiniteQuery(auditQuery(org, action));
  const filter = (next: string) => void navigate({ to: '/o/$org/audit', params: { org }, search: next === 'all' ? {} : { action: next } });
  const shown = query.data?.pages.flatMap((page) => page.items) ?? [];
  const exported = () =>
    saveFile(new Response(JSON.stringify(shown, null, 2), { headers: { 'content-type': 'application/json' } }), 'audit.json');
  return (
    <Page
      title={t('nav.audit')}
      action={
        shown.length > 0 && (
          <Button variant="primary" onClick={() => void exported()}>
            {t('audit.export', { count: shown.length })}
          </Button>
        )
      }
    >
      <ChainState org={org} />
      <div className="max-w-60">
        <Select
          label={t('audit.filter')}
          value={DOMAINS.find((domain) => domain === action) ?? 'all'}
          options={DOMAINS.map((value) => ({ value, label: t(`audit.about.${value}`) }))}
          onValueChange={filter}
        />
      </div>
      <Loaded query={query} failed={t('audit.loadFailed')}>
        {() =>
          shown.length > 0 ? (
            <EntryList entries={shown} />
          ) : (
            <EmptyState title={t('audit.nothing')} action={action && <Button onClick={() => filter('all')}>{t('audit.clear')}</Button>} />
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </Page>
  );
}
