import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { meQuery } from '../../queries.ts';
import { markSignedIn } from '../../session/mark.ts';
import { useAccount } from '../../session/session.ts';
import { newPasswordProblem, PASSWORD_MIN, problems } from '../auth/checks.ts';
import { AddressState } from './AddressState.tsx';
import { LinkWallet } from './LinkWallet.tsx';
import { Preferences } from './Preferences.tsx';
import { SessionList } from './SessionList.tsx';

/** The person's own: name, address, password, how the app looks, where one is signed in. */
export function AccountScreen() {
  const t = useText();
  const account = useAccount();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: async () => (await api()).auth.signOut(),
    onSuccess: async () => {
      markSignedIn(false);
      // First leave the screens that read from the cache: emptied under them, it would ask again and be refused.
      await navigate({ to: '/sign-in' });
      queryClient.clear();
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
      <div className="flex max-w-2xl flex-col gap-8">
        <Section id="profile" title={t('account.profile')}>
          {account.email && (
            <div className="flex flex-wrap items-center gap-2">
              <bdi>{account.email}</bdi>
              <Chip tone={account.emailVerified ? 'success' : 'neutral'}>
                {account.emailVerified ? t('account.proven') : t('account.unproven')}
              </Chip>
            </div>
          )}
          {account.email && !account.emailVerified && <AddressState />}
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
        <Section id="preferences" title={t('account.preferences')}>
          <Preferences />
        </Section>
        <Section id="password" title={t('auth.password')}>
          <SettingForm
            initial={{ current: '', password: '' }}
            failed={t('account.passwordNotChanged')}
            action={t('account.changePassword')}
            check={({ current, password }) =>
              problems({ current: current ? undefined : t('form.empty'), password: newPasswordProblem(t, password) })
            }
            save={async (body) => {
              await (await api()).auth.changePassword({ body });
              await queryClient.invalidateQueries({ queryKey: ['sessions'] });
            }}
          >
            {(field) => (
              <>
                <TextField {...field('current')} label={t('account.currentPassword')} type="password" autoComplete="current-password" />
                <TextField
                  {...field('password')}
                  label={t('auth.newPassword')}
                  help={t('auth.passwordHelp', { minimum: PASSWORD_MIN })}
                  type="password"
                  autoComplete="new-password"
                />
              </>
            )}
          </SettingForm>
        </Section>
        <Section id="wallets" title={t('linkWallet.heading')}>
          <div>
            <LinkWallet onLinked={() => queryClient.invalidateQueries()} />
          </div>
        </Section>
        <Section id="sessions" title={t('account.sessions')}>
          <SessionList />
        </Section>
      </div>
    </Page>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3">
      <h2 id={id} className="text-h2 font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}
