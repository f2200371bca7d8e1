import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { api } from '../../../api.ts';
import { useForm } from '../../../forms/use-form.ts';
import { problems } from '../checks.ts';
import type { WayProps } from '../ways.ts';
import { AddressLine } from './AddressLine.tsx';
import { ForgotPassword } from './ForgotPassword.tsx';

/** The password of the typed address. The address stands in the form too, where password managers look for it. */
export function PasswordStep({ email, options, enter, onBack }: WayProps) {
  const t = useText();
  const [forgot, setForgot] = useState(false);
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => problems({ password: password ? undefined : t('form.empty') }),
    submit: ({ password }) => enter(async () => (await api()).auth.signIn({ body: { email, password } })),
  });
  if (forgot) return <ForgotPassword email={email} mail={options?.mail ?? false} onBack={() => setForgot(false)} />;
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <AddressLine email={email} onBack={onBack} />
      <TextField {...form.field('password')} label={t('auth.password')} type="password" autoComplete="current-password" autoFocus />
      {form.failure && <ErrorNote title={t('signIn.failed')} failure={form.failure} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {t('signIn.action')}
      </Button>
      <Button variant="quiet" onClick={() => setForgot(true)}>
        {t('signIn.forgot')}
      </Button>
    </form>
  );
}
