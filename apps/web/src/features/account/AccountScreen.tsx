import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { meQuery } from '../../queries.ts';
import { rememberDirectoryLeft } from '../../session/directory-left.ts';
import { markSignedIn } from '../../session/mark.ts';
import { useAccount } from '../../session/session.ts';
import { Address } from './Address.tsx';
import { OrganizationReceipts } from './OrganizationReceipts.tsx';
import { Preferences } from './Preferences.tsx';
import { Section } from './Section.tsx';
import { Security } from './Security.tsx';

/** The person's own: name, address, password, how the app looks, where one is signed in. */
export function AccountScreen() {
  const t = useText();
  const { tab } = useSearch({ from: '/signed-in/framed/account' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: async () => (await api()).auth.signOut(),
    onSuccess: async ({ directory }) => {
      markSignedIn(false);
      if (directory) rememberDirectoryLeft(directory.name);
      // First leave the screens that read from the cache: emptied under them, it would ask again and be refused.
      await navigate({ to: directory ? '/signed-out' : '/sign-in', replace: directory !== undefined });
      queryClient.clear();
      if (directory) location.assign(directory.url);
    },
  });
  return (
    <Page
      title={t('nav.account')}
      action={
        <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('account.signOut')}
        </Button>
      }
    >
      <Tabs
        label={t('nav.account')}
        value={tab === 'security' ? 'security' : 'profile'}
        onValueChange={(next) => void navigate({ to: '/account', search: next === 'profile' ? {} : { tab: next } })}
        tabs={[
          { value: 'profile', label: t('account.profile'), content: <Profile /> },
          { value: 'security', label: t('security.title'), content: <Security /> },
        ]}
      />
    </Page>
  );
}

function Profile() {
  const t = useText();
  const account = useAccount();
  const queryClient = useQueryClient();
  return (
    <div className="flex max-w-2xl flex-col gap-8">
      <Section id="name" title={t('account.name')}>
        <SettingForm
          initial={{ name: account.name }}
          failed={t('settings.notSaved')}
          check={({ name }) => (name.trim() ? {} : { name: t('form.empty') })}
          save={async (body) => {
            queryClient.setQueryData(meQuery.queryKey, await (await api()).auth.rename({ body }));
          }}
        >
          {(field) => <TextField {...field('name')} label={t('account.name')} maxLength={LIMITS.nameLength} autoComplete="name" />}
        </SettingForm>
      </Section>
      <Section id="address" title={t('auth.email')}>
        <Address account={account} />
      </Section>
      <Section id="preferences" title={t('account.preferences')}>
        <Preferences />
      </Section>
      <OrganizationReceipts />
    </div>
  );
}
