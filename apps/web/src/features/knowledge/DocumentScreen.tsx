import { Button } from '@privexbot/ui/base/Button.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { StageProgress } from '@privexbot/ui/state/StageProgress.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { documentQuery, isWorking, knowledgeQuery } from '../../queries.ts';
import { useCan, usePlace } from '../../session/session.ts';
import { DeleteDocument } from './DeleteDocument.tsx';
import { countOf, type DocumentInfo, stagesOf } from './document-state.ts';
import { type Mark, PassageList } from './PassageList.tsx';

const ROUTE = '/signed-in/framed/o/$org/w/$workspace/knowledge/$knowledge/documents/$document';

/** A document: what it is, how far it was read, its passages, and the marked span where a link names one. */
export function DocumentScreen() {
  const { t, formats } = useTexts();
  const navigate = useNavigate();
  const can = useCan();
  const place = usePlace();
  const { knowledge, document: id } = useParams({ from: ROUTE });
  const mark = toMark(useSearch({ from: ROUTE }));
  const inBase = { ...place, knowledge };
  const params = { ...inBase, document: id };
  const base = useQuery(knowledgeQuery(inBase)).data;
  const query = useQuery(documentQuery(params));
  const [deleting, setDeleting] = useState(false);
  const document = query.data;
  const download = useMutation({
    mutationFn: async (name: string) => saveFile(await (await api()).knowledge.original({ params }), name),
  });
  const toBase = () => void navigate({ to: '/o/$org/w/$workspace/knowledge/$knowledge', params: inBase });
  return (
    <Page
      title={document?.name ?? t('knowledge.document')}
      trail={[
        { label: t('nav.knowledge'), link: { to: '/o/$org/w/$workspace/knowledge', params: place } },
        { label: base?.name ?? '…', link: { to: '/o/$org/w/$workspace/knowledge/$knowledge', params: inBase } },
      ]}
      beside={document && <State document={document} />}
      action={
        document && (
          <>
            {(can('knowledge.edit') || (can('documents.add') && document.own)) && (
              <Button onClick={() => setDeleting(true)}>{t('document.delete')}</Button>
            )}
            <Button variant="primary" busy={download.isPending} onClick={() => download.mutate(document.name)}>
              {t('document.download')}
            </Button>
          </>
        )
      }
    >
      {download.error && <ErrorNote title={t('document.downloadFailed')} failure={toFailure(download.error)} />}
      <Loaded query={query} failed={t('document.loadFailed')}>
        {(loaded) => (
          <>
            <p className="text-body text-muted">
              {[
                formats.bytes(loaded.sizeBytes),
                ...(loaded.pages ? [t('document.pageCount', { pages: loaded.pages })] : []),
                t('document.passageCount', { passages: loaded.passages }),
                t('document.added', { time: formats.dateTime(loaded.addedAt) }),
              ].join(' · ')}
            </p>
            {isWorking(loaded) && <Working document={loaded} />}
            {loaded.failure && loaded.state === 'failed' && (
              <p role="alert" className="text-body font-medium text-danger">
                {t(`document.failure.${loaded.failure}`)}
              </p>
            )}
            {loaded.passages > 0 ? (
              <PassageList key={`${mark?.passage}`} params={params} mark={mark} />
            ) : (
              <EmptyState title={t('knowledge.noPassages')}>{t('knowledge.noPassagesText')}</EmptyState>
            )}
            {deleting && <DeleteDocument document={loaded} params={inBase} onClose={() => setDeleting(false)} onDeleted={toBase} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function State({ document }: { document: DocumentInfo }) {
  const { t } = useTexts();
  if (document.state === 'ready') return <Chip tone="success">{t('document.ready', { passages: document.passages })}</Chip>;
  if (document.state === 'failed') return <Chip tone="danger">{t('document.failed')}</Chip>;
  return <Chip>{document.state === 'cancelled' ? t('document.cancelled') : t('document.working')}</Chip>;
}

function Working({ document }: { document: DocumentInfo }) {
  const { t } = useTexts();
  const count = countOf(document);
  return (
    <StageProgress
      label={t('document.progress', { name: document.name })}
      stages={stagesOf(t, document)}
      done={count?.done}
      total={count?.total}
      count={count && t('document.count', { done: count.done, total: count.total, unit: count.unit })}
    />
  );
}

function toMark({ passage, start, end }: { passage?: string; start?: string; end?: string }): Mark | undefined {
  const number = (text: string | undefined) => (text && /^\d+$/.test(text) ? Number(text) : undefined);
  const at = number(passage);
  return at === undefined ? undefined : { passage: at, start: number(start), end: number(end) };
}
