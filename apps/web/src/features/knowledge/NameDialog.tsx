import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import type { Place } from '../../queries.ts';

/** Names a new knowledge base and opens it. */
export function NameDialog({ place, onClose }: { place: Place; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async (body) => {
      const base = await (await api()).knowledge.create({ params: place, body });
      await queryClient.invalidateQueries({ queryKey: ['knowledge'] });
      await navigate({ to: '/o/$org/w/$workspace/knowledge/$knowledge', params: { ...place, knowledge: base.id } });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('knowledge.create')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('knowledge.createAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField {...form.field('name')} label={t('knowledge.name')} help={t('knowledge.nameHelp')} maxLength={120} autoComplete="off" />
        {form.failure && <ErrorNote title={t('knowledge.notCreated')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
