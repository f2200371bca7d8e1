import type { Bot } from '@privexbot/contract';
import { Link } from '@tanstack/react-router';
import type { Place } from '../../queries.ts';
import { BotState } from '../bots/BotState.tsx';

export function BotLinks({ bots, place }: { bots: readonly Bot[]; place: Place }) {
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
