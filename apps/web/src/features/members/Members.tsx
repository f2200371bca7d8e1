import { Button } from '@privexbot/ui/base/Button.tsx';
import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { useOrganization } from '../../session/session.ts';
import { AgenciesTab } from './AgenciesTab.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import { InvitationsTab } from './InvitationsTab.tsx';
import { InviteDialog } from './InviteDialog.tsx';
import { MembersTab } from './MembersTab.tsx';

const TABS = [
  { value: 'members', label: 'members.title', Content: MembersTab },
  { value: 'groups', label: 'members.groups', Content: GroupsTab },
  { value: 'invitations', label: 'members.invitations', Content: InvitationsTab },
  { value: 'agencies', label: 'members.agencies', Content: AgenciesTab },
] as const;

/** Who is in the organization: for those who may decide it. */
export function Members() {
  const t = useText();
  return (
    <Guarded permission="people.manage" title={t('members.title')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const navigate = useNavigate();
  const [inviting, setInviting] = useState(false);
  const { id: org } = useOrganization();
  const { tab } = useSearch({ from: '/signed-in/framed/o/$org/members' });
  return (
    <Page
      title={t('members.title')}
      action={
        <Button variant="primary" onClick={() => setInviting(true)}>
          {t('members.invite')}
        </Button>
      }
    >
      <Tabs
        label={t('members.title')}
        value={TABS.find(({ value }) => value === tab)?.value ?? 'members'}
        onValueChange={(next) => void navigate({ to: '/o/$org/members', params: { org }, search: next === 'members' ? {} : { tab: next } })}
        tabs={TABS.map(({ value, label, Content: Tab }) => ({ value, label: t(label), content: <Tab org={org} /> }))}
      />
      {inviting && <InviteDialog org={org} initial={{ emails: '', role: 'tier2' }} onClose={() => setInviting(false)} />}
    </Page>
  );
}
