import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { useEnter } from './arrive.ts';
import { emailProblem, newPasswordProblem, PASSWORD_MIN, problems } from './checks.ts';
import { useOptions } from './use-options.ts';
import { WayButtons } from './WayButtons.tsx';
import { WayStep } from './WayStep.tsx';
import { WAYS, type Way } from './ways.ts';

/** A new account, or one that joins an organization by invitation. */
export function SignUp({ invitation, offer }: { invitation?: string; offer?: ReactNode }) {
  const t = useText();
  const enter = useEnter(invitation ? '/' : '/welcome');
  const [way, setWay] = useState<Way>();
  const options = useOptions();
  const form = useForm({
    initial: { email: '', password: '' },
    check: ({ email, password }) => problems({ email: emailProblem(t, email), password: newPasswordProblem(t, password) }),
    submit: (body) => enter(async () => (await api()).auth.signUp({ body: invitation ? { ...body, invitation } : body })),
  });
  const signIn = (
    <p>
      {t('signUp.haveAccount')}{' '}
      <Link to="/sign-in" search={invitation ? { next: '/invitation' } : {}} className="text-accent-text underline">
        {t('signIn.action')}
      </Link>
    </p>
  );

  if (options && !options.signUpOpen && !invitation) {
    return (
      <AuthPage title={t('signUp.closedTitle')} footer={signIn}>
        <p>{t('signUp.closed')}</p>
      </AuthPage>
    );
  }
  const title = invitation ? t('signUp.invited') : t('signUp.title');
  if (way) {
    return (
      <AuthPage title={title}>
        {offer}
        <WayStep
          way={way}
          email=""
          signUp
          invitation={invitation}
          options={options}
          connections={[]}
          enter={enter}
          onBack={() => setWay(undefined)}
        />
      </AuthPage>
    );
  }
  return (
    <AuthPage title={title} footer={signIn}>
      {offer}
      <form {...form.form} className="flex flex-col gap-4">
        <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username" inputMode="email" />
        <TextField
          {...form.field('password')}
          label={t('auth.password')}
          help={t('auth.passwordHelp', { minimum: PASSWORD_MIN })}
          type="password"
          autoComplete="new-password"
        />
        {form.failure && <ErrorNote title={t('signUp.failed')} failure={form.failure} />}
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('signUp.action')}
        </Button>
      </form>
      <WayButtons ways={WAYS.filter(({ signsUp, isOffered }) => signsUp && isOffered?.(options) !== false)} onChoose={setWay} />
    </AuthPage>
  );
}
