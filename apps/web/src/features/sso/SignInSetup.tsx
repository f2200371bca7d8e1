import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { useOrganization } from '../../session/session.ts';
import { SETUP_TABS } from './tabs.ts';

const TABS = SETUP_TABS.map(({ load, ...tab }) => ({ ...tab, Content: lazy(load) }));

/** How people of the organization get in: for those who may decide it. */
export function SignInSetup() {
  const t = useText();
  return (
    <Guarded permission="people.manage" title={t('nav.signIn')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const navigate = useNavigate();
  const { id: org } = useOrganization();
  const { tab } = useSearch({ from: '/signed-in/framed/o/$org/sign-in' });
  return (
    <Page title={t('nav.signIn')}>
      <Tabs
        label={t('sso.tabs')}
        value={TABS.find(({ id }) => id === tab)?.id ?? 'connections'}
        onValueChange={(next) =>
          void navigate({ to: '/o/$org/sign-in', params: { org }, search: next === 'connections' ? {} : { tab: next } })
        }
        tabs={TABS.map(({ id, label, Content: Tab }) => ({
          value: id,
          label: t(label),
          content: (
            <Suspense fallback={<Skeleton />}>
              <Tab org={org} />
            </Suspense>
          ),
        }))}
      />
    </Page>
  );
}
