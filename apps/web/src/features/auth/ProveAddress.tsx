import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { wasSignedIn } from '../../session/mark.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken } from './arrive.ts';

const KEPT = 'address proof';

/** Proves that the signed-in person reads the mail of the address. The secret waits in this tab while somebody signs in first. */
export function ProveAddress() {
  const t = useText();
  const [token] = useState(() => takeToken() || (sessionStorage.getItem(KEPT) ?? ''));
  const [done, setDone] = useState(false);
  const form = useForm({
    initial: {},
    check: () => ({}),
    submit: async () => {
      await (await api()).auth.verifyEmail({ body: { token } });
      sessionStorage.removeItem(KEPT);
      const { meQuery, queryClient } = await import('../../queries.ts');
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      setDone(true);
    },
  });
  useEffect(() => {
    if (token) sessionStorage.setItem(KEPT, token);
  }, [token]);
  const mustSignIn = !wasSignedIn() || form.failure?.code === 'not_signed_in';
  return (
    <AuthPage title={t('proveAddress.title')}>
      {!token && <p>{t('link.missing')}</p>}
      {token && mustSignIn && (
        <>
          <p>{t('proveAddress.signInFirst')}</p>
          <Link to="/sign-in" search={{ next: '/verify-address' }} className={buttonClass({ variant: 'primary' })}>
            {t('signIn.action')}
          </Link>
        </>
      )}
      {token && !mustSignIn && !done && (
        <form {...form.form} className="flex flex-col gap-4">
          <p>{t('proveAddress.text')}</p>
          {form.failure && <ErrorNote title={t('proveAddress.failed')} failure={form.failure} />}
          <Button type="submit" variant="primary" busy={form.busy}>
            {t('proveAddress.action')}
          </Button>
        </form>
      )}
      {done && (
        <>
          <p role="status">{t('proveAddress.done')}</p>
          <Link to="/" className={buttonClass({ variant: 'primary' })}>
            {t('proveAddress.continue')}
          </Link>
        </>
      )}
    </AuthPage>
  );
}
