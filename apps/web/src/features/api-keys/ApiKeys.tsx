import { Button } from '@privexbot/ui/base/Button.tsx';
import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { useCan, useOrganization } from '../../session/session.ts';
import { AllKeys } from './AllKeys.tsx';
import type { NewKey } from './keys.ts';
import { NewKeyDialog } from './NewKeyDialog.tsx';
import { OwnKeys } from './OwnKeys.tsx';
import { ServiceAccounts } from './ServiceAccounts.tsx';
import { ServiceDialog } from './ServiceDialog.tsx';

const TABS = ['own', 'all', 'services'] as const;
type Tab = (typeof TABS)[number];

/** Keys of programs: the own ones and, for Admins, everybody's and the accounts of programs. */
export function ApiKeys() {
  const t = useText();
  return (
    <Guarded permission="keys.own" title={t('nav.keys')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const can = useCan();
  const { id: org } = useOrganization();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ from: '/signed-in/framed/o/$org/keys' });
  const [creating, setCreating] = useState(false);
  const isAdmin = can('people.manage');
  const tab = (isAdmin && TABS.find((name) => name === search.tab)) || 'own';

  async function make(body: NewKey): Promise<string> {
    const { key } = await (await api()).apiKeys.create({ params: { org }, body });
    await queryClient.invalidateQueries({ queryKey: ['api-keys', org] });
    return key;
  }

  return (
    <Page
      title={t('nav.keys')}
      action={
        <Button variant="primary" onClick={() => setCreating(true)}>
          {tab === 'services' ? t('service.create') : t('keys.create')}
        </Button>
      }
    >
      {isAdmin ? (
        <Tabs<Tab>
          label={t('nav.keys')}
          value={tab}
          onValueChange={(next) => void navigate({ to: '.', search: { tab: next } })}
          tabs={[
            { value: 'own', label: t('keys.own'), content: <OwnKeys /> },
            { value: 'all', label: t('keys.all'), content: <AllKeys /> },
            { value: 'services', label: t('service.heading'), content: <ServiceAccounts /> },
          ]}
        />
      ) : (
        <OwnKeys />
      )}
      {creating && tab === 'services' && <ServiceDialog org={org} onClose={() => setCreating(false)} />}
      {creating && tab !== 'services' && <NewKeyDialog title={t('keys.create')} can={can} make={make} onClose={() => setCreating(false)} />}
    </Page>
  );
}
