import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Page } from '../../frame/Page.tsx';
import { LookOnly } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { knowledgeQuery } from '../../queries.ts';
import { useOrganization, usePlace } from '../../session/session.ts';
import { BaseSettings } from './BaseSettings.tsx';
import { DocumentsTab } from './DocumentsTab.tsx';
import { PassagesTab } from './PassagesTab.tsx';
import { SearchTest } from './SearchTest.tsx';

const TABS = ['documents', 'passages', 'search', 'settings'] as const;
type Tab = (typeof TABS)[number];
const ROUTE = '/signed-in/framed/o/$org/w/$workspace/knowledge/$knowledge';

export function KnowledgeBase() {
  const t = useText();
  const navigate = useNavigate();
  const organization = useOrganization();
  const place = usePlace();
  const { knowledge } = useParams({ from: ROUTE });
  const { tab = 'documents' } = useSearch({ from: ROUTE });
  const params = { ...place, knowledge };
  const query = useQuery(knowledgeQuery(params));
  return (
    <Page
      title={query.data?.name ?? t('nav.knowledge')}
      trail={[{ label: t('nav.knowledge'), link: { to: '/o/$org/w/$workspace/knowledge', params: place } }]}
      beside={
        query.data && (
          <p className="text-dense text-muted">
            {t('knowledge.counts', { documents: query.data.documents, passages: query.data.passages })}
          </p>
        )
      }
    >
      <LookOnly permission="documents.add" />
      <Loaded query={query} failed={t('knowledge.loadFailed')}>
        {(base) => (
          <Tabs<Tab>
            label={t('knowledge.tabs')}
            value={TABS.find((candidate) => candidate === tab) ?? 'documents'}
            onValueChange={(next) =>
              void navigate({ to: '/o/$org/w/$workspace/knowledge/$knowledge', params, search: next === 'documents' ? {} : { tab: next } })
            }
            tabs={[
              {
                value: 'documents',
                label: t('knowledge.documents'),
                content: <DocumentsTab target={{ org: organization.id, workspace: place.workspace, knowledge: base.id }} />,
              },
              { value: 'passages', label: t('knowledge.passages'), content: <PassagesTab params={params} /> },
              { value: 'search', label: t('knowledge.searchTest'), content: <SearchTest params={params} /> },
              { value: 'settings', label: t('nav.settings'), content: <BaseSettings base={base} params={params} /> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
