import type { Bot } from '@privexbot/contract';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { botQuery, type Place } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { KnowledgePicker } from './KnowledgePicker.tsx';

/** What the bot answers from. A change is saved in the draft at once. */
export function KnowledgeTab({ bot, place }: { bot: Bot; place: Place }) {
  const t = useText();
  const queryClient = useQueryClient();
  const reason = useReason()('bots.edit');
  const params = { ...place, bot: bot.id };
  const save = useMutation({
    mutationFn: async (knowledgeBases: Bot['settings']['knowledgeBases']) =>
      (await api()).bots.change({ params, body: { settings: { ...bot.settings, knowledgeBases }, revision: bot.revision } }),
    onSuccess: (saved) => queryClient.setQueryData(botQuery(params).queryKey, saved),
    onError: () => queryClient.invalidateQueries({ queryKey: botQuery(params).queryKey }),
  });
  const chosen = save.isPending ? save.variables : bot.settings.knowledgeBases;
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <p className="text-body text-muted">{t('bots.knowledgeText')}</p>
      <KnowledgePicker
        place={place}
        chosen={chosen}
        disabled={reason !== undefined || save.isPending}
        onChange={(next) => save.mutate(next)}
      />
      {save.error && <ErrorNote title={t('bots.notSaved')} failure={toFailure(save.error)} />}
    </div>
  );
}
