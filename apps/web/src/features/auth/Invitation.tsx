import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import type { Failure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useEffect, useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { wasSignedIn } from '../../session/mark.ts';
import { AuthPage } from './AuthPage.tsx';
import { takeToken, useArrive } from './arrive.ts';
import { SignUp } from './SignUp.tsx';

const KEPT = 'invitation';
type About = Output<(typeof contract)['auth']['describeInvitation']>;

/** Joins by invitation: with the account that is signed in, or with a new one. The secret waits in this tab while somebody signs in first. */
export function Invitation() {
  const t = useText();
  const arrive = useArrive();
  const [token] = useState(() => takeToken() || (sessionStorage.getItem(KEPT) ?? ''));
  const [email, setEmail] = useState<string>();
  const [about, setAbout] = useState<About>();
  const [refused, setRefused] = useState<Failure>();
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
    if (!token) return;
    sessionStorage.setItem(KEPT, token);
    api()
      .then((client) => client.auth.describeInvitation({ body: { invitation: token } }))
      .then(setAbout, (error: unknown) => {
        const failure = toFailure(error);
        // Of anything else, joining tells.
        if (failure.code === 'link_invalid') setRefused(failure);
      });
    if (!wasSignedIn()) return;
    api()
      .then((client) => client.auth.me())
      .then(
        (account) => setEmail(account.email ?? ''),
        () => setEmail(''),
      );
  }, [token]);

  if (!token || refused) {
    return (
      <AuthPage title={t('signUp.invited')}>
        {refused ? <ErrorNote title={t('invitation.failed')} failure={refused} /> : <p>{t('link.missing')}</p>}
      </AuthPage>
    );
  }
  const offer = about && <Offer about={about} />;
  if (!email) return <SignUp invitation={token} offer={offer} />;
  return (
    <AuthPage title={t('signUp.invited')}>
      {offer}
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

/** What one is asked to join, before anything is typed. */
function Offer({ about: { organization, role, invitedBy, expiresAt } }: { about: About }) {
  const { t, formats } = useTexts();
  const what = { organization, role: t(`role.${role}`), until: formats.date(expiresAt) };
  return (
    <p className="text-body" dir="auto">
      {invitedBy ? t('invitation.from', { ...what, person: invitedBy }) : t('invitation.for', what)}
    </p>
  );
}
