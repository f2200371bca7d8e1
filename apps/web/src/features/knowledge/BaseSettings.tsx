import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { type InKnowledge, knowledgeQuery } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import type { Base } from './KnowledgeList.tsx';

/** Rename and delete a knowledge base. */
export function BaseSettings({ base, params }: { base: Base; params: InKnowledge }) {
  const t = useText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const toast = useToast();
  const reason = useReason()('knowledge.edit');
  const [asking, setAsking] = useState(false);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['knowledge'] });
  const remove = useMutation({
    mutationFn: async () => (await api()).knowledge.delete({ params }),
    onSuccess: async () => {
      toast(t('knowledge.deleted', { name: base.name }));
      await navigate({ to: '/o/$org/w/$workspace/knowledge', params });
      await refresh();
    },
  });
  return (
    <div className="flex max-w-xl flex-col gap-6">
      <SettingForm
        initial={{ name: base.name }}
        failed={t('knowledge.notRenamed')}
        disabledReason={reason}
        check={({ name }) => (name.trim() ? {} : { name: t('form.empty') })}
        save={async (body) => {
          queryClient.setQueryData(knowledgeQuery(params).queryKey, await (await api()).knowledge.rename({ params, body }));
          await refresh();
        }}
      >
        {(field) => <TextField {...field('name')} label={t('knowledge.name')} maxLength={LIMITS.nameLength} autoComplete="off" />}
      </SettingForm>
      <section className="flex flex-col items-start gap-2">
        <h2 className="text-reading font-semibold">{t('knowledge.delete')}</h2>
        <p className="text-body text-muted">{t('knowledge.deleteText', { documents: base.documents })}</p>
        <Button variant="danger" disabledReason={reason} onClick={() => setAsking(true)}>
          {t('knowledge.delete')}
        </Button>
      </section>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('knowledge.deleteTitle', { name: base.name })}
        consequence={t('knowledge.deleteText', { documents: base.documents })}
        action={t('knowledge.deleteAction', { name: base.name })}
        typeName={base.name}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('knowledge.notDeleted')} failure={toFailure(remove.error)} />}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
