import type { Bot } from '@privexbot/contract';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, toFailure } from '../../api.ts';
import { botsQuery, type Place } from '../../queries.ts';

export function DeleteBot({ bot, place, onClose }: { bot: Bot; place: Place; onClose: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const toast = useToast();
  const { name } = bot.settings;
  const remove = useMutation({
    mutationFn: async () => (await api()).bots.delete({ params: { ...place, bot: bot.id } }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: botsQuery(place).queryKey });
      toast(t('bots.deleted', { name }));
      await navigate({ to: '/o/$org/w/$workspace/bots', params: place });
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('bots.deleteTitle', { name })}
      consequence={t('bots.deleteText')}
      action={t('bots.deleteAction', { name })}
      typeName={name}
      busy={remove.isPending}
      error={remove.error && <ErrorNote title={t('bots.deleteFailed')} failure={toFailure(remove.error)} />}
      onConfirm={() => remove.mutate()}
    />
  );
}
