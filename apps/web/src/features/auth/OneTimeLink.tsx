import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken, useEnter } from './arrive.ts';

/** Signs in with a one-time link, or makes the account that it is for. The press is asked for, since mail scanners open links and would use it up. */
export function OneTimeLink() {
  const t = useText();
  const [token] = useState(takeToken);
  const isNew = /^(new|join)\./.test(token);
  const enter = useEnter(token.startsWith('new.') ? '/welcome' : '/');
  const form = useForm({
    initial: {},
    check: () => ({}),
    submit: () => enter(async () => (await api()).auth.signInByLink({ body: { token } })),
  });
  return (
    <AuthPage title={isNew ? t('signUp.title') : t('link.title')}>
      {token ? (
        <form {...form.form} className="flex flex-col gap-4">
          <p>{isNew ? t('link.signUpText') : t('link.text')}</p>
          {form.failure && <ErrorNote title={isNew ? t('signUp.failed') : t('signIn.failed')} failure={form.failure} />}
          <Button type="submit" variant="primary" busy={form.busy}>
            {isNew ? t('signUp.action') : t('signIn.action')}
          </Button>
        </form>
      ) : (
        <p>{t('link.missing')}</p>
      )}
    </AuthPage>
  );
}
