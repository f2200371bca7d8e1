import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { api, toFailure } from '../../../api.ts';
import { AuthPage } from '../AuthPage.tsx';
import { useEnter } from '../arrive.ts';
import { DirectoryPassword, GoToDirectory } from './ConnectionStep.tsx';

/** Where a directory's own page of apps leads: signs in by that connection. */
export function ConnectionSignIn() {
  const t = useText();
  const navigate = useNavigate();
  const enter = useEnter('/');
  const { connection } = useParams({ from: '/sign-in/by/$connection' });
  const query = useQuery({
    queryKey: ['connection', connection],
    queryFn: async () => (await api()).sso.describe({ params: { connection } }),
  });
  return (
    <AuthPage title={t('signIn.title')}>
      {query.isPending && <Skeleton />}
      {query.error && <ErrorNote title={t('connection.notFound')} failure={toFailure(query.error)} />}
      {query.data?.kind === 'ldap' && (
        <DirectoryPassword connection={query.data} name="" enter={enter} onBack={() => void navigate({ to: '/sign-in' })} />
      )}
      {query.data && query.data.kind !== 'ldap' && <GoToDirectory connection={query.data} />}
    </AuthPage>
  );
}
