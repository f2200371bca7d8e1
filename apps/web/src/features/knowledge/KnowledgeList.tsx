import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../frame/Page.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { knowledgeListQuery } from '../../queries.ts';
import { usePlace } from '../../session/session.ts';
import { useReason } from '../../session/use-reason.ts';
import { NameDialog } from './NameDialog.tsx';

export type Base = Output<(typeof contract)['knowledge']['get']>;

export function KnowledgeList() {
  const { t, formats } = useTexts();
  const place = usePlace();
  const query = useQuery(knowledgeListQuery(place));
  const reason = useReason()('knowledge.edit');
  const [creating, setCreating] = useState(false);
  const create = (
    <Button variant="primary" disabledReason={reason} onClick={() => setCreating(true)}>
      {t('knowledge.create')}
    </Button>
  );
  const columns: Column<Base>[] = [
    {
      id: 'name',
      header: t('knowledge.name'),
      cell: (base) => (
        <Link
          to="/o/$org/w/$workspace/knowledge/$knowledge"
          params={{ ...place, knowledge: base.id }}
          className="text-accent-text hover:underline"
        >
          <bdi>{base.name}</bdi>
        </Link>
      ),
    },
    { id: 'documents', header: t('knowledge.documents'), numeric: true, cell: (base) => formats.number(base.documents) },
    { id: 'passages', header: t('knowledge.passages'), numeric: true, cell: (base) => formats.number(base.passages) },
    { id: 'made', header: t('common.created'), cell: (base) => <time dateTime={base.createdAt}>{formats.date(base.createdAt)}</time> },
  ];
  return (
    <Page title={t('nav.knowledge')} action={create}>
      <Loaded query={query} failed={t('knowledge.loadFailed')}>
        {(bases) =>
          bases.length > 0 ? (
            <DataTable caption={t('nav.knowledge')} columns={columns} rows={bases} rowKey={(base) => base.id} />
          ) : (
            <EmptyState title={t('knowledge.emptyTitle')} action={create}>
              {t('knowledge.emptyText')}
            </EmptyState>
          )
        }
      </Loaded>
      {creating && <NameDialog place={place} onClose={() => setCreating(false)} />}
    </Page>
  );
}
