import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { rootKeyQuery } from '../../queries.ts';

/** Says what a rotation does before it starts. The first focus is not on the button that starts it. */
export function RotateDialog({ org, keys, onClose }: { org: string; keys: number; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const form = useForm({
    initial: { expires: '' },
    check: () => ({}),
    submit: async ({ expires }) => {
      const body = expires ? { backupsExpireAt: new Date(`${expires}T23:59:59Z`).toISOString() } : {};
      const state = await (await api()).privacy.rotate({ params: { org }, body });
      queryClient.setQueryData(rootKeyQuery(org).queryKey, state);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('rootKey.rotateTitle')}
      description={t('rootKey.rotateText', { keys })}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="danger" busy={form.busy}>
            {t('rootKey.rotate')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField
          {...form.field('expires')}
          label={t('rootKey.backups')}
          help={t('rootKey.backupsHelp')}
          optional={t('field.optional')}
          type="date"
        />
        {form.failure && <ErrorNote title={t('rootKey.notRotated')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
