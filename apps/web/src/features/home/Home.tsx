import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { workspaceOf } from '../../frame/navigation.ts';
import { Page } from '../../frame/Page.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { botsQuery, knowledgeListQuery, type Place } from '../../queries.ts';
import { lastPlace } from '../../session/last-place.ts';
import { useCan, useOrganization } from '../../session/session.ts';
import { Attention } from './Attention.tsx';
import { RecentBots } from './RecentBots.tsx';
import { SetUpList } from './SetUpList.tsx';
import { UsageGlance } from './UsageGlance.tsx';

/** What needs me, what I worked on, what is left to set up. */
export function Home() {
  const t = useText();
  const can = useCan();
  const organization = useOrganization();
  const workspace = workspaceOf(organization, lastPlace()[1]);
  if (!workspace) return <Page title={t('nav.home')}>{t('home.noWorkspace')}</Page>;
  const place: Place = { org: organization.id, workspace };
  return (
    <Page
      title={t('nav.home')}
      action={
        can('bots.edit') && (
          <Link to="/o/$org/w/$workspace/bots/new" params={place} className={buttonClass({ variant: 'primary' })}>
            {t('bots.create')}
          </Link>
        )
      }
    >
      <Content place={place} />
    </Page>
  );
}

function Content({ place }: { place: Place }) {
  const t = useText();
  const can = useCan();
  const navigate = useNavigate();
  const bots = useQuery(botsQuery(place));
  const bases = useQuery(knowledgeListQuery(place));
  return (
    <Loaded query={bots} failed={t('bots.loadFailed')}>
      {(list) => (
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="flex flex-col gap-6">
            <Attention bots={list} place={place} />
            <RecentBots bots={list} place={place} />
          </div>
          <div className="flex flex-col gap-6">
            {can('bots.edit') && (
              <SetUpList bots={list} bases={bases.data ?? []} place={place} onWelcome={() => void navigate({ to: '/welcome' })} />
            )}
            {can('usage.read') && <UsageGlance org={place.org} />}
          </div>
        </div>
      )}
    </Loaded>
  );
}
