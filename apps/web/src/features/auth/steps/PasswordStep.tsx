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
    initial: { password: '', newPassword: '' },
    check: ({ password }) => problems({ password: password ? undefined : t('form.empty') }),
    submit: ({ password, newPassword }) =>
      enter(async () => (await api()).auth.signIn({ body: { email, password, ...(newPassword ? { newPassword } : {}) } })),
  });
  // Whoever was given the password by an Admin chooses one that nobody else knows.
  const asksForNew = form.failure?.code === 'new_password_required' || form.values.newPassword !== '';
  if (forgot) return <ForgotPassword email={email} mail={options?.mail ?? false} onBack={() => setForgot(false)} />;
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <AddressLine email={email} onBack={onBack} />
      <TextField {...form.field('password')} label={t('auth.password')} type="password" autoComplete="current-password" autoFocus />
      {asksForNew && <TextField {...form.field('newPassword')} label={t('auth.newPassword')} type="password" autoComplete="new-password" />}
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
