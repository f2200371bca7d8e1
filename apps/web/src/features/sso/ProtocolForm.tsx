import type { ConnectionKind } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type ReactNode, useEffect, useState } from 'react';
import { useForm } from '../../forms/use-form.ts';
import type { Values } from './kinds/kind-form.ts';
import { formOf, type Protocol } from './kinds/kinds.ts';

/** The settings of a connection of one kind: its own fields, with the name that people see. */
export function ProtocolForm({
  kind,
  name,
  settings,
  secretEndings = {},
  placeholder,
  action,
  failed,
  onSave,
  onTyped,
  children,
}: {
  kind: ConnectionKind;
  /** What people see; absent where it is not to be changed. */
  name?: string;
  settings?: object;
  secretEndings?: Readonly<Record<string, string>>;
  placeholder: string;
  action: string;
  failed: string;
  onSave: (name: string, protocol: Protocol) => Promise<void>;
  /** Whether there is something that was typed and not saved. */
  onTyped?: (isTyped: boolean) => void;
  /** Beside the button. */
  children?: ReactNode;
}) {
  const t = useText();
  const { initial, check, toProtocol, Fields } = formOf(kind);
  const form = useForm<Values>({
    initial: { ...(name === undefined ? {} : { name }), ...initial(settings) },
    check: (values) => ({ ...(name === undefined || values.name?.trim() ? {} : { name: t('form.empty') }), ...check(values, t) }),
    submit: async ({ name = '', ...values }) => {
      await onSave(name.trim(), toProtocol(values));
      // What was typed is kept sealed now, and not here.
      for (const field of Object.keys(secretEndings)) form.set(field, '');
    },
  });
  const typed = JSON.stringify(form.values);
  const stored = JSON.stringify({ ...(name === undefined ? {} : { name }), ...initial(settings) });
  const [untyped, setUntyped] = useState(stored);
  if (typed === stored && untyped !== stored) setUntyped(stored);
  useEffect(() => onTyped?.(typed !== untyped), [onTyped, typed, untyped]);
  return (
    <form {...form.form} className="flex max-w-xl flex-col gap-4">
      {name !== undefined && (
        <TextField {...form.field('name')} label={t('sso.name')} help={t('sso.nameHelp')} maxLength={120} autoComplete="off" />
      )}
      <Fields form={form} secretEndings={secretEndings} placeholder={placeholder} />
      {form.failure && <ErrorNote title={failed} failure={form.failure} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={form.busy}>
          {action}
        </Button>
        {children}
      </div>
    </form>
  );
}
