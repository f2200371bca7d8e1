import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { useForm } from '../../../forms/use-form.ts';
import { signInByPasskey, signUpByPasskey } from '../passkeys.ts';
import type { WayProps } from '../ways.ts';
import { PasskeyProblem } from './PasskeyProblem.tsx';

/** Signs in with a passkey of this device or of one nearby, or makes an account with a new one. */
export function PasskeyStep({ signUp, invitation, enter, onBack }: WayProps) {
  const t = useText();
  const [error, setError] = useState<unknown>();
  const form = useForm({
    initial: { name: '', email: '' },
    check: ({ name }) => (signUp && !name.trim() ? { name: t('form.empty') } : {}),
    submit: async ({ name, email }) => {
      setError(undefined);
      const wish = { name: name.trim(), ...(email.trim() ? { email: email.trim() } : {}), ...(invitation ? { invitation } : {}) };
      await enter(() => (signUp ? signUpByPasskey(wish) : signInByPasskey())).catch(setError);
    },
  });
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <p>{signUp ? t('passkey.signUpText') : t('passkey.signInText')}</p>
      {signUp && (
        <>
          <TextField {...form.field('name')} label={t('account.name')} autoComplete="name" />
          <TextField
            {...form.field('email')}
            label={t('auth.email')}
            {...(invitation ? {} : { optional: t('field.optional') })}
            type="email"
            autoComplete="username"
            inputMode="email"
          />
        </>
      )}
      {error !== undefined && <PasskeyProblem title={t('signIn.failed')} error={error} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {signUp ? t('passkey.make') : t('passkey.use')}
      </Button>
      <Button variant="quiet" onClick={onBack}>
        {t('way.back')}
      </Button>
    </form>
  );
}
