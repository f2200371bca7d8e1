import type { Bot } from '@privexbot/contract';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import type { Place } from '../../queries.ts';
import { BotState } from '../bots/BotState.tsx';

const SHOWN = 6;

/** What needs attention first: drafts whose changes no visitor sees; then the newest. */
export function RecentBots({ bots, place }: { bots: readonly Bot[]; place: Place }) {
  const t = useText();
  if (bots.length === 0) return <EmptyState title={t('bots.emptyTitle')}>{t('bots.emptyText')}</EmptyState>;
  const waiting = bots.filter((bot) => bot.live && bot.changed);
  return (
    <div className="flex flex-col gap-6">
      <section className="flex flex-col gap-2">
        <h2 className="text-h2 font-semibold">{t('home.attention')}</h2>
        {waiting.length > 0 ? <BotLinks bots={waiting} place={place} /> : <p className="text-body text-muted">{t('home.allClear')}</p>}
      </section>
      <section className="flex flex-col gap-2">
        <h2 className="text-h2 font-semibold">{t('home.recent')}</h2>
        <BotLinks bots={[...bots].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, SHOWN)} place={place} />
      </section>
    </div>
  );
}

function BotLinks({ bots, place }: { bots: readonly Bot[]; place: Place }) {
  return (
    <ul className="divide-y divide-line rounded-card border border-line bg-surface">
      {bots.map((bot) => (
        <li key={bot.id} className="flex flex-wrap items-center gap-3 px-3 py-2">
          <Link
            to="/o/$org/w/$workspace/bots/$bot/$tab"
            params={{ ...place, bot: bot.id, tab: 'configure' }}
            className="min-w-0 flex-1 truncate font-medium text-accent-text hover:underline"
          >
            <bdi>{bot.settings.name}</bdi>
          </Link>
          <BotState bot={bot} />
        </li>
      ))}
    </ul>
  );
}
