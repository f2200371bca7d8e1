import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { securityQuery } from '../../queries.ts';
import { newPasswordProblem, PASSWORD_MIN, problems } from '../auth/checks.ts';
import { Authenticator } from './Authenticator.tsx';
import { Identities } from './Identities.tsx';
import { LinkWallet } from './LinkWallet.tsx';
import { Passkeys } from './Passkeys.tsx';
import { RecoveryCodes } from './RecoveryCodes.tsx';
import { Section } from './Section.tsx';
import { SessionList } from './SessionList.tsx';

/** How the person signs in and proves who they are, and where they are signed in. */
export function Security() {
  const t = useText();
  const queryClient = useQueryClient();
  const query = useQuery(securityQuery);
  const reload = () => queryClient.invalidateQueries({ queryKey: securityQuery.queryKey });
  return (
    <div className="flex max-w-2xl flex-col gap-8">
      <Loaded query={query} failed={t('security.failed')}>
        {(security) => (
          <>
            <Section id="passkeys" title={t('passkeys.title')} text={t('passkeys.text')}>
              <Passkeys passkeys={security.passkeys} onChange={reload} />
            </Section>
            <Section id="password" title={t('auth.password')} {...(security.hasPassword ? {} : { text: t('security.noPassword') })}>
              <SettingForm
                initial={{ password: '' }}
                failed={t('account.passwordNotChanged')}
                action={security.hasPassword ? t('account.changePassword') : t('security.setPassword')}
                check={({ password }) => problems({ password: newPasswordProblem(t, password) })}
                save={async (body) => {
                  await (await api()).credentials.setPassword({ body });
                  await Promise.all([reload(), queryClient.invalidateQueries({ queryKey: ['sessions'] })]);
                }}
              >
                {(field) => (
                  <TextField
                    {...field('password')}
                    label={t('auth.newPassword')}
                    help={t('security.passwordHelp', { minimum: PASSWORD_MIN })}
                    type="password"
                    autoComplete="new-password"
                  />
                )}
              </SettingForm>
            </Section>
            <Section id="second-factor" title={t('totp.title')} text={t('totp.text')}>
              <Authenticator totp={security.totp} onChange={reload} />
            </Section>
            {(security.totp || security.passkeys.length > 0) && (
              <Section id="recovery" title={t('recovery.title')} text={t('recovery.text')}>
                <RecoveryCodes left={security.recoveryCodes} onChange={reload} />
              </Section>
            )}
            <Section id="identities" title={t('identities.title')} text={t('identities.text')}>
              <Identities identities={security.identities} onChange={reload} />
              <div>
                <LinkWallet onLinked={reload} />
              </div>
            </Section>
          </>
        )}
      </Loaded>
      <Section id="sessions" title={t('account.sessions')}>
        <SessionList />
      </Section>
    </div>
  );
}
