import type { contract, Output } from '@privexbot/contract';
import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import type { Failure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { api, toFailure } from '../../../api.ts';
import { AuthPage } from '../AuthPage.tsx';
import { takeToken, useEnter } from '../arrive.ts';
import { takeTarget } from './after-directory.ts';

type Tested = Extract<Output<(typeof contract)['sso']['complete']>, { outcome: 'tested' }>;
const Result = lazy(async () => ({ default: (await import('../../sso/AttemptView.tsx')).AttemptView }));

/** Back from a directory: what it answered is completed here, by the browser that began. */
export function ConnectionReturn() {
  const t = useText();
  const [challenge] = useState(takeToken);
  const [target] = useState(takeTarget);
  const enter = useEnter(target);
  const [tested, setTested] = useState<Tested>();
  const [failure, setFailure] = useState<Failure>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each answer, which counts once
  useEffect(() => {
    if (challenge) complete().catch((error: unknown) => setFailure(toFailure(error)));
  }, [challenge]);

  async function complete(): Promise<void> {
    const result = await (await api()).sso.complete({ body: { challenge } });
    if (result.outcome === 'tested') setTested(result);
    else await enter(() => Promise.resolve(result.account));
  }

  const again = (
    <Link to="/sign-in" className={buttonClass()}>
      {t('connection.again')}
    </Link>
  );
  if (tested)
    return (
      <AuthPage title={t('connection.tested')}>
        <p className="text-body text-muted">{t('connection.testedText')}</p>
        <Suspense fallback={<Skeleton />}>
          <Result attempt={tested.attempt} />
        </Suspense>
        {tested.org ? (
          <Link to="/o/$org/sign-in" params={{ org: tested.org }} search={{ connection: tested.connection }} className={buttonClass()}>
            {t('connection.toConnection')}
          </Link>
        ) : (
          <Link to="/set-up" search={{ connection: tested.connection }} className={buttonClass()}>
            {t('connection.toConnection')}
          </Link>
        )}
      </AuthPage>
    );
  return (
    <AuthPage title={t('signIn.title')}>
      {failure && <ErrorNote title={t('signIn.failed')} failure={failure} />}
      {!challenge && <p>{t('connection.missing')}</p>}
      {failure || !challenge ? again : <p role="status">{t('connection.completing')}</p>}
    </AuthPage>
  );
}
