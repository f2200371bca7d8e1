import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useId } from 'react';
import { useForm } from '../../forms/use-form.ts';
import type { Target } from './uploads.ts';
import { useAddDocument } from './use-add-document.ts';

/** Pasted text as a document of its own. */
export function AddText({ target, onClose }: { target: Target; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const add = useAddDocument(target);
  const form = useForm({
    initial: { title: '', text: '' },
    check: ({ title, text }) => ({
      ...(title.trim() ? {} : { title: t('form.empty') }),
      ...(text.trim() ? {} : { text: t('form.empty') }),
    }),
    submit: async (values) => {
      await add({ source: 'paste', ...values });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={t('knowledge.pasteText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('knowledge.add')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField {...form.field('title')} label={t('knowledge.textTitle')} maxLength={LIMITS.nameLength} autoComplete="off" />
        <TextArea {...form.field('text')} label={t('knowledge.text')} rows={10} maxLength={LIMITS.pastedTextLength} />
        {form.failure && <ErrorNote title={t('knowledge.notAdded')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
