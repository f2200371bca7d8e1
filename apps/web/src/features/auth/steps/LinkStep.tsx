import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { api } from '../../../api.ts';
import { useForm } from '../../../forms/use-form.ts';
import { emailProblem, problems } from '../checks.ts';
import type { WayProps } from '../ways.ts';
import { AddressLine } from './AddressLine.tsx';

/** Mails a link that signs in, or makes an account. Known and unknown addresses get the same answer. */
export function LinkStep({ email, signUp, invitation, onBack }: WayProps) {
  const t = useText();
  const [sent, setSent] = useState(false);
  const form = useForm({
    initial: { email },
    check: (values) => problems({ email: emailProblem(t, values.email) }),
    submit: async (body) => {
      await (await api()).credentials.requestLink({ body: { ...body, ...(invitation ? { invitation } : {}) } });
      setSent(true);
    },
  });
  return (
    <form {...form.form} className="flex flex-col gap-4">
      {email || sent ? (
        <AddressLine email={form.values.email} onBack={onBack} />
      ) : (
        <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username" inputMode="email" />
      )}
      {sent ? (
        <p role="status">{signUp ? t('linkStep.signUpSent') : t('linkStep.sent')}</p>
      ) : (
        <p>{signUp ? t('linkStep.signUpText') : t('linkStep.text')}</p>
      )}
      {form.failure && <ErrorNote title={t('forgot.failed')} failure={form.failure} />}
      {!sent && (
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('forgot.action')}
        </Button>
      )}
      {!email && !sent && (
        <Button variant="quiet" onClick={onBack}>
          {t('way.back')}
        </Button>
      )}
    </form>
  );
}
