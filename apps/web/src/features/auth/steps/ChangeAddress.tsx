import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../../api.ts';
import { useForm } from '../../../forms/use-form.ts';
import { AuthPage } from '../AuthPage.tsx';
import { takeToken } from '../arrive.ts';

/** Confirms one side of a change of address. The press is asked for, since mail scanners open links. */
export function ChangeAddress() {
  const t = useText();
  const [token] = useState(takeToken);
  const [outcome, setOutcome] = useState<{ changed: boolean }>();
  const form = useForm({
    initial: {},
    check: () => ({}),
    submit: async () => {
      setOutcome(await (await api()).credentials.confirmEmail({ body: { token } }));
      const { meQuery, queryClient } = await import('../../../queries.ts');
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  return (
    <AuthPage title={t('changeAddress.title')}>
      {!token && <p>{t('link.missing')}</p>}
      {token && !outcome && (
        <form {...form.form} className="flex flex-col gap-4">
          <p>{t('changeAddress.text')}</p>
          {form.failure && <ErrorNote title={t('changeAddress.failed')} failure={form.failure} />}
          <Button type="submit" variant="primary" busy={form.busy}>
            {t('proveAddress.action')}
          </Button>
        </form>
      )}
      {outcome && (
        <>
          <p role="status">{outcome.changed ? t('changeAddress.done') : t('changeAddress.half')}</p>
          <Link to="/" className={buttonClass({ variant: 'primary' })}>
            {t('proveAddress.continue')}
          </Link>
        </>
      )}
    </AuthPage>
  );
}
