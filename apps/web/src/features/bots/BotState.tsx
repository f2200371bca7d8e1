import type { Bot } from '@privexbot/contract';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';

/** Draft, live, or live with changes that visitors do not see yet. */
export function BotState({ bot }: { bot: Bot }) {
  const t = useText();
  if (!bot.live) return <Chip>{t('bots.draft')}</Chip>;
  if (bot.changed) return <Chip tone="warning">{t('bots.liveChanged', { number: bot.live.number })}</Chip>;
  return <Chip tone="success">{t('bots.live', { number: bot.live.number })}</Chip>;
}
