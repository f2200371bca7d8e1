import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { ClosedNote } from '@privexbot/ui/verification/ClosedNote.tsx';
import { useEnvironment } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { Shield } from '@privexbot/ui/verification/Shield.tsx';
import { type ErrorComponentProps, Link, Outlet, useRouter } from '@tanstack/react-router';
import { useEffect, useEffectEvent } from 'react';
import { toFailure } from '../api.ts';

export function RootLayout() {
  return <Outlet />;
}

export function NotFound() {
  const t = useText();
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-4 p-6 pt-16">
      <h1 className="text-h1 font-semibold">{t('notFound.title')}</h1>
      <p className="text-muted">{t('notFound.text')}</p>
      <Link to="/" className={buttonClass({ variant: 'primary' })}>
        {t('notFound.home')}
      </Link>
    </main>
  );
}

export function LoadFailed({ error, reset }: ErrorComponentProps) {
  const t = useText();
  const router = useRouter();
  const { gate } = useEnvironment();
  const failure = toFailure(error);
  const isClosed = gate === 'closed' || failure.code === 'not_verified';
  const retry = useEffectEvent(() => {
    reset();
    void router.invalidate();
  });
  useEffect(() => {
    // What could not be asked for can be once the server is verified.
    if (gate === 'open' && isClosed) retry();
  }, [gate, isClosed]);
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-4 p-6 pt-16">
      <h1 className="sr-only">{t('loadFailed.title')}</h1>
      {isClosed ? (
        <>
          <ClosedNote />
          <Shield />
        </>
      ) : (
        <ErrorNote title={t('loadFailed.title')} failure={failure} onRetry={retry} />
      )}
    </main>
  );
}
