import { Button } from '@privexbot/ui/base/Button.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { documentsQuery, isWorking } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { AddText } from './AddText.tsx';
import { AddWebPage } from './AddWebPage.tsx';
import { DeleteDocument } from './DeleteDocument.tsx';
import { DocumentRow } from './DocumentRow.tsx';
import { DropZone } from './DropZone.tsx';
import type { DocumentInfo } from './document-state.ts';
import { UploadList } from './UploadList.tsx';
import { useUploads } from './UploadsContext.tsx';
import type { Target } from './uploads.ts';

/** Add, watch, open, delete documents. */
export function DocumentsTab({ target }: { target: Target }) {
  const t = useText();
  const reason = useReason()('documents.add');
  const { uploads } = useUploads();
  const query = useInfiniteQuery(documentsQuery(target));
  const [deleting, setDeleting] = useState<DocumentInfo>();
  const [adding, setAdding] = useState<'text' | 'page'>();
  return (
    <div className="flex flex-col gap-4">
      <DropZone disabledReason={reason} onFiles={(files) => uploads.add(target, files)} />
      <div className="flex flex-wrap gap-2">
        <Button disabledReason={reason} onClick={() => setAdding('text')}>
          {t('knowledge.pasteText')}
        </Button>
        <Button disabledReason={reason} onClick={() => setAdding('page')}>
          {t('knowledge.addPage')}
        </Button>
      </div>
      <UploadList knowledge={target.knowledge} />
      <Loaded query={query} failed={t('knowledge.documentsFailed')}>
        {({ pages }) => {
          const documents = pages.flatMap((page) => page.items);
          if (documents.length === 0) return <EmptyState title={t('knowledge.noDocuments')}>{t('knowledge.noDocumentsText')}</EmptyState>;
          return (
            <>
              <Summary documents={documents} />
              <ul
                aria-label={t('knowledge.documents')}
                className="flex flex-col divide-y divide-line rounded-card border border-line bg-surface"
              >
                {documents.map((document) => (
                  <DocumentRow key={document.id} document={document} params={target} onDelete={() => setDeleting(document)} />
                ))}
              </ul>
            </>
          );
        }}
      </Loaded>
      {query.hasNextPage && (
        <Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {deleting && <DeleteDocument document={deleting} params={target} onClose={() => setDeleting(undefined)} />}
      {adding === 'text' && <AddText target={target} onClose={() => setAdding(undefined)} />}
      {adding === 'page' && <AddWebPage target={target} onClose={() => setAdding(undefined)} />}
    </div>
  );
}

/** "Reading 3 of 12 documents · 1 failed", or that all are ready. */
function Summary({ documents }: { documents: readonly DocumentInfo[] }) {
  const t = useText();
  const reading = documents.filter((document) => isWorking(document)).length;
  const failed = documents.filter((document) => document.state === 'failed').length;
  return (
    <p role="status" className="text-body text-muted tabular-nums">
      {reading > 0
        ? t('knowledge.reading', { reading, total: documents.length })
        : t('knowledge.allRead', { total: documents.length - failed })}
      {failed > 0 && ` · ${t('knowledge.someFailed', { failed })}`}
    </p>
  );
}
