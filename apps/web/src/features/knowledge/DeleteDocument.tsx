import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { toFailure } from '../../api.ts';
import type { InKnowledge } from '../../queries.ts';
import type { DocumentInfo } from './document-state.ts';
import { useDocumentActions } from './use-document-actions.ts';

export function DeleteDocument({
  document,
  params,
  onClose,
  onDeleted,
}: {
  document: DocumentInfo;
  params: InKnowledge;
  onClose: () => void;
  onDeleted?: () => void;
}) {
  const t = useText();
  const toast = useToast();
  const { remove, busy, error } = useDocumentActions(params, document);
  const { name } = document;
  async function confirm(): Promise<void> {
    await remove();
    toast(t('document.deleted', { name }));
    onClose();
    onDeleted?.();
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('document.deleteTitle', { name })}
      consequence={t('document.deleteText', { passages: document.passages })}
      action={t('document.delete')}
      busy={busy}
      error={error && <ErrorNote title={t('document.deleteFailed')} failure={toFailure(error)} />}
      onConfirm={() => void confirm().catch(() => undefined)}
    />
  );
}
