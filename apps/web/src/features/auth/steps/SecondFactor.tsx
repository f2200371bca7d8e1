import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../../api.ts';
import { AuthPage } from '../AuthPage.tsx';
import { forgetSecondStep, recallSecondStep, useArrive } from '../arrive.ts';
import { askFor } from '../passkeys.ts';
import { CodeForm } from './CodeForm.tsx';
import { PasskeyProblem } from './PasskeyProblem.tsx';

const WAYS = ['passkey', 'totp', 'recovery'] as const;
type Way = (typeof WAYS)[number];
type Proof = Parameters<Awaited<ReturnType<typeof api>>['credentials']['secondFactor']>[0]['body']['proof'];

/** The second step of a sign-in: the strongest way first, the others a press away. */
export function SecondFactor() {
  const t = useText();
  const arrive = useArrive();
  const [step] = useState(recallSecondStep);
  const [challenge, setChallenge] = useState(step?.challenge ?? '');
  const ways = WAYS.filter((way) => step?.ways.includes(way));
  const [way, setWay] = useState<Way>(ways[0] ?? 'totp');
  if (!step) {
    return (
      <AuthPage title={t('secondFactor.title')}>
        <p>{t('secondFactor.missing')}</p>
        <Link to="/sign-in" className={buttonClass({ variant: 'primary' })}>
          {t('signIn.action')}
        </Link>
      </AuthPage>
    );
  }
  const prove = async (proof: Proof) => {
    try {
      const account = await (await api()).credentials.secondFactor({ body: { challenge, proof } });
      forgetSecondStep();
      await arrive(account, step.to);
    } catch (error) {
      // A wrong answer used the challenge up, and brought the next one.
      const next = toFailure(error).details.challenge;
      if (typeof next === 'string') setChallenge(next);
      throw error;
    }
  };
  return (
    <AuthPage title={t('secondFactor.title')}>
      {way === 'passkey' ? (
        <PasskeyForm
          prove={async () => {
            const { options } = await (await api()).credentials.startSecondPasskey({ body: { challenge } });
            await prove({ way, response: await askFor(options) });
          }}
        />
      ) : (
        <CodeForm key={way} way={way} failed={t('signIn.failed')} action={t('signIn.action')} prove={(code) => prove({ way, code })} />
      )}
      {ways.length > 1 && (
        <div className="flex flex-wrap gap-2 border-t border-line pt-4">
          {ways
            .filter((other) => other !== way)
            .map((other) => (
              <Button key={other} className="flex-1" onClick={() => setWay(other)}>
                {t(`factor.${other}`)}
              </Button>
            ))}
        </div>
      )}
    </AuthPage>
  );
}

function PasskeyForm({ prove }: { prove: () => Promise<void> }) {
  const t = useText();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <p>{t('passkey.signInText')}</p>
      {error !== undefined && <PasskeyProblem title={t('signIn.failed')} error={error} />}
      <Button
        variant="primary"
        busy={busy}
        onClick={() => {
          setBusy(true);
          setError(undefined);
          void prove()
            .catch(setError)
            .finally(() => setBusy(false));
        }}
      >
        {t('passkey.use')}
      </Button>
    </div>
  );
}
