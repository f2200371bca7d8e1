import { Button } from '@privexbot/ui/base/Button.tsx';
import { type Failure, toFailure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useEffect, useRef, useState } from 'react';

/** Asks once, then deletes the visitor's conversation on the server and here. */
export function DeleteChat({ open, onClose, onDelete }: { open: boolean; onClose: () => void; onDelete: () => Promise<void> }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);

  async function confirm(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await onDelete();
      onClose();
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby="delete-chat"
      onClose={onClose}
      className="m-auto max-w-sm rounded-sheet border border-line bg-raised p-5 text-ink shadow-dialog backdrop:bg-scrim open:flex open:flex-col open:gap-3"
    >
      <h2 id="delete-chat" className="text-h2 font-semibold">
        {t('visitor.deleteTitle')}
      </h2>
      <p className="text-body text-muted">{t('visitor.deleteText')}</p>
      {failure && <ErrorNote title={t('visitor.deleteFailed')} failure={failure} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('visitor.keep')}</Button>
        <Button variant="danger" busy={busy} onClick={() => void confirm()}>
          {t('visitor.delete')}
        </Button>
      </div>
    </dialog>
  );
}
