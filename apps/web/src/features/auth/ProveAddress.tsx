import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken } from './arrive.ts';

/** Proves that the person reads the mail of the address. */
export function ProveAddress() {
  const t = useText();
  const [token] = useState(takeToken);
  const [done, setDone] = useState(false);
  const form = useForm({
    initial: {},
    check: () => ({}),
    submit: async () => {
      await (await api()).auth.verifyEmail({ body: { token } });
      const { meQuery, queryClient } = await import('../../queries.ts');
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      setDone(true);
    },
  });
  return (
    <AuthPage title={t('proveAddress.title')}>
      {!token && <p>{t('link.missing')}</p>}
      {token && !done && (
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
