import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { AuthPage } from './AuthPage.tsx';
import { useEnter } from './arrive.ts';
import { emailProblem, problems } from './checks.ts';
import { useOptions } from './use-options.ts';
import { usePasskeyAutofill } from './use-passkey-autofill.ts';
import { WayButtons } from './WayButtons.tsx';
import { WayStep } from './WayStep.tsx';
import { type Start, WAYS, type Way } from './ways.ts';

/** The address first, then what fits it; or a way that needs no address. */
export function SignIn() {
  const t = useText();
  const { next = '/' } = useSearch({ from: '/sign-in' });
  const enter = useEnter(next);
  const options = useOptions();
  const [start, setStart] = useState<Start>();
  const [way, setWay] = useState<Way>();
  const fitting = start ? WAYS.filter(({ at, fits }) => at === 'address' && fits?.(start)) : [];
  const shown = way ?? fitting[0];
  const form = useForm({
    initial: { email: '' },
    check: ({ email }) => problems({ email: emailProblem(t, email) }),
    submit: async (body) => setStart(await (await api()).credentials.start({ body })),
  });
  usePasskeyAutofill(enter, shown === undefined);
  const signUp = options?.signUpOpen !== false && (
    <p>
      {t('signIn.noAccount')}{' '}
      <Link to="/sign-up" className="text-accent-text underline">
        {t('signUp.action')}
      </Link>
    </p>
  );
  const back = () => {
    setWay(undefined);
    setStart(undefined);
  };
  return (
    <AuthPage title={t('signIn.title')} footer={!shown && signUp}>
      {shown ? (
        <>
          <WayStep
            key={shown.id}
            way={shown}
            email={start ? form.values.email.trim() : ''}
            signUp={false}
            invitation={undefined}
            options={options}
            connections={start?.connections ?? []}
            enter={enter}
            onBack={back}
          />
          <WayButtons ways={fitting.filter(({ id }) => id !== shown.id)} onChoose={setWay} />
        </>
      ) : (
        <>
          <form {...form.form} className="flex flex-col gap-4">
            <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username webauthn" inputMode="email" />
            {form.failure && <ErrorNote title={t('signIn.failed')} failure={form.failure} />}
            <Button type="submit" variant="primary" busy={form.busy}>
              {t('signIn.continue')}
            </Button>
          </form>
          <WayButtons ways={WAYS.filter(({ at, isOffered }) => at === 'button' && isOffered?.(options) !== false)} onChoose={setWay} />
        </>
      )}
    </AuthPage>
  );
}
