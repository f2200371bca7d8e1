import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type ErrorComponentProps, Link, Outlet, useRouter } from '@tanstack/react-router';
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
  return (
    <main className="mx-auto max-w-xl p-6 pt-16">
      <h1 className="sr-only">{t('loadFailed.title')}</h1>
      <ErrorNote
        title={t('loadFailed.title')}
        failure={toFailure(error)}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}
