import { Button } from '@privexbot/ui/base/Button.tsx';
import { IconButton } from '@privexbot/ui/base/IconButton.tsx';
import { Menu } from '@privexbot/ui/base/Menu.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { StageProgress } from '@privexbot/ui/state/StageProgress.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { EllipsisVertical, Trash2 } from 'lucide-react';
import { type InKnowledge, isWorking } from '../../queries.ts';
import { useCan } from '../../session/session.ts';
import { countOf, type DocumentInfo, stagesOf } from './document-state.ts';
import { useDocumentActions } from './use-document-actions.ts';
import { useStalled } from './use-stalled.ts';

/** One document: its name, where it stands in words, and what can be done now. */
export function DocumentRow({ document, params, onDelete }: { document: DocumentInfo; params: InKnowledge; onDelete?: () => void }) {
  const { t, formats } = useTexts();
  const can = useCan();
  const { cancel, retry, restart, busy } = useDocumentActions(params, document);
  const working = isWorking(document);
  const stalled = useStalled(document, working && document.state !== 'queued');
  const count = countOf(document);
  const mayAdd = can('documents.add');
  const mayDelete = can('knowledge.edit') || (mayAdd && document.own);

  return (
    <li className="flex flex-col gap-2 px-3 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link
          to="/o/$org/w/$workspace/knowledge/$knowledge/documents/$document"
          params={{ ...params, document: document.id }}
          className="min-w-0 flex-1 basis-48 truncate font-medium text-accent-text hover:underline"
        >
          <bdi>{document.name}</bdi>
        </Link>
        <span className="text-dense text-muted tabular-nums">{formats.bytes(document.sizeBytes)}</span>
        {document.version > 1 && <span className="text-dense text-muted">{t('document.version', { number: document.version })}</span>}
        {document.state === 'ready' && <Chip tone="success">{t('document.ready', { passages: document.passages })}</Chip>}
        {document.state === 'cancelled' && <Chip>{t('document.cancelled')}</Chip>}
        {document.state === 'failed' && <Chip tone="danger">{t('document.failed')}</Chip>}
        {(document.state === 'queued' || document.state === 'reading') && mayAdd && (
          <Button size="sm" busy={busy} onClick={cancel}>
            {t('dialog.cancel')}
          </Button>
        )}
        {(document.state === 'failed' || document.state === 'cancelled' || stalled) && mayAdd && (
          <Button size="sm" busy={busy} onClick={stalled ? restart : retry}>
            {t('error.tryAgain')}
          </Button>
        )}
        {mayDelete && onDelete && (
          <Menu
            trigger={<IconButton icon={EllipsisVertical} label={t('document.more', { name: document.name })} />}
            actions={[{ label: t('document.delete'), icon: Trash2, danger: true, onSelect: onDelete }]}
          />
        )}
      </div>
      {working && (
        <StageProgress
          label={t('document.progress', { name: document.name })}
          stages={stagesOf(t, document)}
          done={count?.done}
          total={count?.total}
          count={
            document.state === 'queued'
              ? t('upload.waiting')
              : count && t('document.count', { done: count.done, total: count.total, unit: count.unit })
          }
        />
      )}
      {stalled && <p className="text-dense font-medium text-warning">{t('document.stalled')}</p>}
      {document.failure && document.state === 'failed' && (
        <p className="text-dense text-danger">{t(`document.failure.${document.failure}`)}</p>
      )}
    </li>
  );
}
