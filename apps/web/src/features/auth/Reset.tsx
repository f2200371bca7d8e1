import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken } from './arrive.ts';
import { newPasswordProblem, PASSWORD_MIN, problems } from './checks.ts';

/** Sets a new password with the secret of a mailed link. */
export function Reset() {
  const t = useText();
  const [token] = useState(takeToken);
  const [done, setDone] = useState(false);
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => problems({ password: newPasswordProblem(t, password) }),
    submit: async ({ password }) => {
      await (await api()).auth.completeReset({ body: { token, password } });
      setDone(true);
    },
  });
  if (!token) {
    return (
      <AuthPage title={t('reset.title')}>
        <p>{t('link.missing')}</p>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t('reset.title')}>
      {done ? (
        <>
          <p role="status">{t('reset.done')}</p>
          <Link to="/sign-in" className={buttonClass({ variant: 'primary' })}>
            {t('signIn.action')}
          </Link>
        </>
      ) : (
        <form {...form.form} className="flex flex-col gap-4">
          <TextField
            {...form.field('password')}
            label={t('auth.newPassword')}
            help={t('auth.passwordHelp', { minimum: PASSWORD_MIN })}
            type="password"
            autoComplete="new-password"
          />
          {form.failure && <ErrorNote title={t('reset.failed')} failure={form.failure} />}
          <Button type="submit" variant="primary" busy={form.busy}>
            {t('reset.action')}
          </Button>
        </form>
      )}
    </AuthPage>
  );
}
