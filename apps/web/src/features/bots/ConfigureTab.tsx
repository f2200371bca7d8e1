import type { Bot } from '@privexbot/contract';
import { useQuery } from '@tanstack/react-query';
import { type Place, versionQuery } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { BotEditor } from './BotEditor.tsx';
import { useDraft } from './use-draft.ts';

export function ConfigureTab({ bot, place }: { bot: Bot; place: Place }) {
  const reason = useReason()('bots.edit');
  const draft = useDraft(place, bot);
  const live = useQuery({ ...versionQuery({ ...place, bot: bot.id, version: bot.live?.version ?? '' }), enabled: bot.live !== null }).data;
  return <BotEditor draft={draft} place={place} live={live?.settings} readOnly={reason !== undefined} />;
}
