import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useForm } from '../../../forms/use-form.ts';

/** A code of the authenticator app, which browsers may fill in, or one of the recovery codes. */
export function CodeForm({
  way,
  failed,
  action,
  prove,
}: {
  way: 'totp' | 'recovery';
  failed: string;
  action: string;
  prove: (code: string) => Promise<void>;
}) {
  const t = useText();
  const form = useForm({
    initial: { code: '' },
    check: ({ code }) => (code.trim().length < 4 ? { code: t('form.empty') } : {}),
    submit: ({ code }) => prove(code.trim()),
  });
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <TextField
        {...form.field('code')}
        label={way === 'totp' ? t('secondFactor.code') : t('secondFactor.recoveryCode')}
        help={way === 'totp' ? t('secondFactor.codeHelp') : t('secondFactor.recoveryHelp')}
        dir="ltr"
        className="font-mono"
        autoFocus
        autoComplete={way === 'totp' ? 'one-time-code' : 'off'}
        {...(way === 'totp' ? { inputMode: 'numeric' } : { autoCapitalize: 'none', spellCheck: false })}
      />
      {form.failure && <ErrorNote title={failed} failure={form.failure} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {action}
      </Button>
    </form>
  );
}
