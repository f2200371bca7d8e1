import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useEffect, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { wasSignedIn } from '../../session/mark.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken, useArrive } from './arrive.ts';
import { SignUp } from './SignUp.tsx';

const KEPT = 'invitation';

/** Joins by invitation: with the account that is signed in, or with a new one. The secret waits in this tab while somebody signs in first. */
export function Invitation() {
  const t = useText();
  const arrive = useArrive();
  const [token] = useState(() => takeToken() || (sessionStorage.getItem(KEPT) ?? ''));
  const [email, setEmail] = useState<string>();
  const form = useForm({
    initial: {},
    check: () => ({}),
    submit: async () => {
      const account = await (await api()).auth.acceptInvitation({ body: { invitation: token } });
      sessionStorage.removeItem(KEPT);
      await arrive(account, '/');
    },
  });

  useEffect(() => {
    if (token) sessionStorage.setItem(KEPT, token);
    if (!wasSignedIn()) return;
    api()
      .then((client) => client.auth.me())
      .then(
        (account) => setEmail(account.email ?? ''),
        () => setEmail(''),
      );
  }, [token]);

  if (!token) {
    return (
      <AuthPage title={t('signUp.invited')}>
        <p>{t('link.missing')}</p>
      </AuthPage>
    );
  }
  if (!email) return <SignUp invitation={token} />;
  return (
    <AuthPage title={t('signUp.invited')}>
      <form {...form.form} className="flex flex-col gap-4">
        <p>{t('invitation.joinAs', { email })}</p>
        {form.failure && <ErrorNote title={t('invitation.failed')} failure={form.failure} />}
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('invitation.join')}
        </Button>
      </form>
    </AuthPage>
  );
}
