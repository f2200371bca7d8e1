import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { QueryClientProvider, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { queryClient } from '../../queries.ts';
import { AuthPage } from '../auth/AuthPage.tsx';
import { takeToken } from '../auth/arrive.ts';
import { SetUp } from './SetUp.tsx';

const KEPT = 'set-up';
/** Which connection this browser opened a link for last. Its id opens nothing elsewhere. */
const OPENED = 'set-up';

/** For whoever got a link to set a connection up, without an account: opens it once, then goes on in this browser. */
export function SetUpScreen() {
  const { connection } = useSearch({ from: '/set-up' });
  const [token, setToken] = useState(keepToken);
  if (token) return <OpenLink token={token} onOpened={() => setToken('')} />;
  if (!connection) return <Missing />;
  return (
    <QueryClientProvider client={queryClient}>
      <SetUp connection={connection} />
    </QueryClientProvider>
  );
}

function Missing() {
  const t = useText();
  return (
    <AuthPage title={t('setUp.title')}>
      <p>{t('setUp.missing')}</p>
    </AuthPage>
  );
}

/** A press opens it, and not the look of a mail filter: it can be opened once. */
function OpenLink({ token, onOpened }: { token: string; onOpened: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const go = async (connection: string) => {
    await navigate({ to: '/set-up', search: { connection }, replace: true });
    onOpened();
  };
  const open = useMutation(
    {
      mutationFn: async () => (await api()).handOver.open({ body: { token } }),
      onError: (error) => {
        if (toFailure(error).code === 'link_invalid') sessionStorage.removeItem(KEPT);
      },
      onSuccess: async ({ connection }) => {
        sessionStorage.removeItem(KEPT);
        localStorage.setItem(OPENED, connection);
        await go(connection);
      },
    },
    queryClient,
  );
  const failure = open.error && toFailure(open.error);
  if (failure?.code === 'link_invalid') return <Refused onGoOn={go} />;
  return (
    <AuthPage title={t('setUp.title')}>
      <p>{t('setUp.openText')}</p>
      {failure && <ErrorNote title={t('setUp.notOpened')} failure={failure} />}
      <Button variant="primary" busy={open.isPending} onClick={() => open.mutate()}>
        {t('setUp.open')}
      </Button>
    </AuthPage>
  );
}

function Refused({ onGoOn }: { onGoOn: (connection: string) => Promise<void> }) {
  const t = useText();
  const opened = localStorage.getItem(OPENED);
  return (
    <AuthPage title={t('setUp.title')}>
      <div role="alert" className="flex flex-col gap-1 rounded-card border border-danger bg-danger-soft p-3 text-body">
        <p className="font-medium text-danger">{t('setUp.refused')}</p>
        <p>{t('setUp.refusedText')}</p>
      </div>
      {opened && <Button onClick={() => void onGoOn(opened)}>{t('setUp.goOn')}</Button>}
    </AuthPage>
  );
}

/** The secret of the link, which a reload before the press must not lose. */
function keepToken(): string {
  const token = takeToken() || (sessionStorage.getItem(KEPT) ?? '');
  if (token) sessionStorage.setItem(KEPT, token);
  return token;
}
