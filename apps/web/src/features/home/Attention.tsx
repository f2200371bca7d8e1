import type { Bot } from '@privexbot/contract';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Place } from '../../queries.ts';
import { useCan } from '../../session/session.ts';
import { endingsOf } from '../sso/certificates.ts';
import { type Connection, connectionsQuery } from '../sso/queries.ts';
import { BotLinks } from './BotLinks.tsx';

/** What waits for somebody: certificates that end, and drafts whose changes no visitor sees. */
export function Attention({ bots, place }: { bots: readonly Bot[]; place: Place }) {
  const t = useText();
  const can = useCan();
  const connections = useQuery({ ...connectionsQuery(place.org), enabled: can('people.manage') });
  const ending = (connections.data ?? []).filter((connection) => connection.state === 'active' && endingsOf(connection).length > 0);
  const waiting = bots.filter((bot) => bot.live && bot.changed);
  if (bots.length === 0 && ending.length === 0) return null;
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-h2 font-semibold">{t('home.attention')}</h2>
      {ending.length > 0 && (
        <ul className="divide-y divide-line rounded-card border border-line bg-surface">
          {ending.map((connection) => (
            <li key={connection.id} className="px-3 py-2">
              <EndingLink connection={connection} org={place.org} />
            </li>
          ))}
        </ul>
      )}
      {waiting.length > 0 && <BotLinks bots={waiting} place={place} />}
      {ending.length + waiting.length === 0 && <p className="text-body text-muted">{t('home.allClear')}</p>}
    </section>
  );
}

function EndingLink({ connection, org }: { connection: Connection; org: string }) {
  const { t, formats } = useTexts();
  const { id, name } = connection;
  const [first] = endingsOf(connection);
  if (!first) return null;
  const date = formats.date(first.at);
  return (
    <Link to="/o/$org/sign-in" params={{ org }} search={{ connection: id }} className="font-medium text-accent-text hover:underline">
      {first.hasEnded ? t('home.certificateEnded', { name, date }) : t('home.certificateEnds', { name, date })}
    </Link>
  );
}
