import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { useArrive } from './arrive.ts';
import { emailProblem, problems } from './checks.ts';
import { ForgotPassword } from './ForgotPassword.tsx';
import { useOptions } from './use-options.ts';

/** Address, then password. Both stand in one form, so that a password manager fills them at once. */
export function SignIn() {
  const t = useText();
  const arrive = useArrive();
  const { next = '/' } = useSearch({ from: '/sign-in' });
  const options = useOptions();
  const [forgot, setForgot] = useState(false);
  const form = useForm({
    initial: { email: '', password: '' },
    check: ({ email, password }) => problems({ email: emailProblem(t, email), password: password ? undefined : t('form.empty') }),
    submit: async (body) => arrive(await (await api()).auth.signIn({ body }), next),
  });

  if (forgot) return <ForgotPassword email={form.values.email} mail={options?.mail ?? false} onBack={() => setForgot(false)} />;
  return (
    <AuthPage
      title={t('signIn.title')}
      footer={
        options?.signUpOpen !== false && (
          <p>
            {t('signIn.noAccount')}{' '}
            <Link to="/sign-up" className="text-accent-text underline">
              {t('signUp.action')}
            </Link>
          </p>
        )
      }
    >
      <form {...form.form} className="flex flex-col gap-4">
        <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username" inputMode="email" />
        <TextField {...form.field('password')} label={t('auth.password')} type="password" autoComplete="current-password" />
        {form.failure && <ErrorNote title={t('signIn.failed')} failure={form.failure} />}
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('signIn.action')}
        </Button>
        <Button variant="quiet" onClick={() => setForgot(true)}>
          {t('signIn.forgot')}
        </Button>
      </form>
    </AuthPage>
  );
}
