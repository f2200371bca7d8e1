import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type ReactNode, useState } from 'react';
import { type Problems, useForm } from '../forms/use-form.ts';

/** A section that is saved by itself: "Saved" stands beside the button, a failure keeps what was typed. */
export function SettingForm<V extends Record<string, string>>({
  initial,
  check,
  save,
  failed,
  action,
  disabledReason,
  children,
}: {
  initial: V;
  check: (values: V) => Problems<V>;
  save: (values: V) => Promise<void>;
  /** What happened when saving failed. */
  failed: string;
  action?: string;
  disabledReason?: string | undefined;
  children: (field: ReturnType<typeof useForm<V>>['field']) => ReactNode;
}) {
  const t = useText();
  const [saved, setSaved] = useState(false);
  const form = useForm({
    initial,
    check,
    submit: async (values) => {
      setSaved(false);
      await save(values);
      setSaved(true);
    },
  });
  return (
    <form {...form.form} onChange={() => setSaved(false)} className="flex flex-col items-start gap-3">
      <fieldset disabled={disabledReason !== undefined} className="flex w-full flex-col gap-3">
        {children(form.field)}
      </fieldset>
      {form.failure && <ErrorNote title={failed} failure={form.failure} />}
      <div className="flex items-center gap-3">
        <Button type="submit" busy={form.busy} disabledReason={disabledReason}>
          {action ?? t('common.save')}
        </Button>
        <p role="status" className="text-body text-success">
          {saved && t('common.saved')}
        </p>
      </div>
    </form>
  );
}
