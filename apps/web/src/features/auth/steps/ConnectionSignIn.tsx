import type { Failure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api, toFailure } from '../../../api.ts';
import { AuthPage } from '../AuthPage.tsx';
import { useEnter } from '../arrive.ts';
import { DirectoryPassword, GoToDirectory, type WayIn } from './ConnectionStep.tsx';

/** Where a directory's own page of apps leads: signs in by that connection. */
export function ConnectionSignIn() {
  const t = useText();
  const navigate = useNavigate();
  const enter = useEnter('/');
  const { connection } = useParams({ from: '/sign-in/by/$connection' });
  const [found, setFound] = useState<WayIn>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    setFailure(undefined);
    api()
      .then((client) => client.sso.describe({ params: { connection } }))
      .then(setFound, (error: unknown) => setFailure(toFailure(error)));
  }, [connection]);
  return (
    <AuthPage title={t('signIn.title')}>
      {failure && <ErrorNote title={t('connection.notFound')} failure={failure} />}
      {!found && !failure && <p role="status">{t('connection.completing')}</p>}
      {found?.kind === 'ldap' && (
        <DirectoryPassword connection={found} name="" enter={enter} onBack={() => void navigate({ to: '/sign-in' })} />
      )}
      {found && found.kind !== 'ldap' && <GoToDirectory connection={found} />}
    </AuthPage>
  );
}
