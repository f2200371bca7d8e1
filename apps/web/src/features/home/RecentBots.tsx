import type { Bot } from '@privexbot/contract';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { Place } from '../../queries.ts';
import { BotLinks } from './BotLinks.tsx';

const SHOWN = 6;

/** The newest first. */
export function RecentBots({ bots, place }: { bots: readonly Bot[]; place: Place }) {
  const t = useText();
  if (bots.length === 0) return <EmptyState title={t('bots.emptyTitle')}>{t('bots.emptyText')}</EmptyState>;
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-h2 font-semibold">{t('home.recent')}</h2>
      <BotLinks bots={[...bots].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, SHOWN)} place={place} />
    </section>
  );
}
