import type { Bot } from '@privexbot/contract';
import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { Destinations } from '@privexbot/ui/state/DestinationLine.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Page } from '../../frame/Page.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { botsQuery } from '../../queries.ts';
import { usePlace } from '../../session/session.ts';
import { useReason } from '../../session/use-reason.ts';
import { BotState } from './BotState.tsx';

export function BotList() {
  const { t, formats } = useTexts();
  const place = usePlace();
  const query = useQuery(botsQuery(place));
  const reason = useReason()('bots.edit');
  const create = reason ? (
    <Button variant="primary" disabledReason={reason}>
      {t('bots.create')}
    </Button>
  ) : (
    <Link to="/o/$org/w/$workspace/bots/new" params={place} className={buttonClass({ variant: 'primary' })}>
      {t('bots.create')}
    </Link>
  );
  const columns: Column<Bot>[] = [
    {
      id: 'name',
      header: t('bots.name'),
      cell: (bot) => (
        <Link
          to="/o/$org/w/$workspace/bots/$bot/$tab"
          params={{ ...place, bot: bot.id, tab: 'configure' }}
          className="text-accent-text hover:underline"
        >
          <bdi>{bot.settings.name}</bdi>
        </Link>
      ),
    },
    { id: 'state', header: t('bots.state'), cell: (bot) => <BotState bot={bot} /> },
    { id: 'goes', header: t('bots.destinations'), cell: (bot) => <Destinations places={bot.destinations} /> },
    { id: 'made', header: t('common.created'), cell: (bot) => <time dateTime={bot.createdAt}>{formats.date(bot.createdAt)}</time> },
  ];
  return (
    <Page title={t('nav.bots')} action={create}>
      <Loaded query={query} failed={t('bots.loadFailed')}>
        {(bots) =>
          bots.length > 0 ? (
            <DataTable caption={t('nav.bots')} columns={columns} rows={bots} rowKey={(bot) => bot.id} />
          ) : (
            <EmptyState title={t('bots.emptyTitle')} action={create}>
              {t('bots.emptyText')}
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}
