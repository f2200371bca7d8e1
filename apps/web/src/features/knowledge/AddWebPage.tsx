import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useId } from 'react';
import { useForm } from '../../forms/use-form.ts';
import type { Target } from './uploads.ts';
import { useAddDocument } from './use-add-document.ts';

/** One web page, read once by the server. */
export function AddWebPage({ target, onClose }: { target: Target; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const add = useAddDocument(target);
  const form = useForm({
    initial: { url: '' },
    check: ({ url }) => (isWebAddress(url) ? {} : { url: t('form.url') }),
    submit: async ({ url }) => {
      await add({ source: 'page', url: url.trim() });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('knowledge.addPage')}
      description={t('knowledge.addPageText')}
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
        <TextField
          {...form.field('url')}
          label={t('knowledge.pageAddress')}
          type="url"
          dir="ltr"
          inputMode="url"
          placeholder="https://"
          autoComplete="off"
        />
        {form.failure && <ErrorNote title={t('knowledge.notAdded')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim()) && URL.canParse(text.trim());
}
