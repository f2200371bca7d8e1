import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { api } from '../../../api.ts';
import { useForm } from '../../../forms/use-form.ts';
import { emailProblem, problems } from '../checks.ts';

/** Mails a link where this installation can send mail, and says what to do where it cannot. Known and unknown addresses get the same answer. */
export function ForgotPassword({ email, mail, onBack }: { email: string; mail: boolean; onBack: () => void }) {
  const t = useText();
  const [sent, setSent] = useState(false);
  const form = useForm({
    initial: { email },
    check: (values) => problems({ email: emailProblem(t, values.email) }),
    submit: async (body) => {
      await (await api()).auth.requestReset({ body });
      setSent(true);
    },
  });
  return (
    <>
      <h2 className="text-h2 font-semibold">{t('forgot.title')}</h2>
      {!mail && (
        <div className="flex flex-col gap-2">
          <p>{t('forgot.noMail')}</p>
          <pre dir="ltr" className="overflow-x-auto rounded-control border border-line bg-sunken p-2 font-mono text-dense">
            npm run recover -- {form.values.email || 'name@company.com'}
          </pre>
        </div>
      )}
      {mail && sent && <p role="status">{t('forgot.sent')}</p>}
      {mail && !sent && (
        <form {...form.form} className="flex flex-col gap-4">
          <TextField {...form.field('email')} label={t('auth.email')} type="email" autoComplete="username" inputMode="email" />
          {form.failure && <ErrorNote title={t('forgot.failed')} failure={form.failure} />}
          <Button type="submit" variant="primary" busy={form.busy}>
            {t('forgot.action')}
          </Button>
        </form>
      )}
      <Button variant="quiet" onClick={onBack}>
        {t('way.back')}
      </Button>
    </>
  );
}
