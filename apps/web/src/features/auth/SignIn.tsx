import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { useEnter } from './arrive.ts';
import { emailProblem, problems } from './checks.ts';
import { useOptions } from './use-options.ts';
import { WayButtons } from './WayButtons.tsx';
import { WayStep } from './WayStep.tsx';
import { WAYS, type Way } from './ways.ts';

/** The address first, then what fits it; or a way that needs no address. */
export function SignIn() {
  const t = useText();
  const { next = '/' } = useSearch({ from: '/sign-in' });
  const enter = useEnter(next);
  const options = useOptions();
  const [way, setWay] = useState<Way>();
  const form = useForm({
    initial: { email: '' },
    check: ({ email }) => problems({ email: emailProblem(t, email) }),
    submit: async () => setWay(WAYS.find(({ at }) => at === 'address')),
  });
  const signUp = options?.signUpOpen !== false && (
    <p>
      {t('signIn.noAccount')}{' '}
      <Link to="/sign-up" className="text-accent-text underline">
        {t('signUp.action')}
      </Link>
    </p>
  );
  return (
    <AuthPage title={t('signIn.title')} footer={!way && signUp}>
      {way ? (
        <WayStep
          way={way}
          email={way.at === 'address' ? form.values.email : ''}
          signUp={false}
          invitation={undefined}
          options={options}
          enter={enter}
          onBack={() => setWay(undefined)}
        />
      ) : (
        <>
          <form {...form.form} className="flex flex-col gap-4">
            <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username webauthn" inputMode="email" />
            <Button type="submit" variant="primary" busy={form.busy}>
              {t('signIn.continue')}
            </Button>
          </form>
          <WayButtons options={options} onChoose={setWay} />
        </>
      )}
    </AuthPage>
  );
}
