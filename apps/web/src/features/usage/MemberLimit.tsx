import { LIMITED } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useId } from 'react';
import { useForm } from '../../forms/use-form.ts';
import { toFields, toLimit, withMember, wrongFields } from './spending.ts';
import { type Spending, useSetSpending } from './use-spending.ts';

/** A limit of one member's own, in place of that of everybody; with all fields empty that one holds again. */
export function MemberLimit({
  org,
  spending,
  member: { user, name },
  onClose,
}: {
  org: string;
  spending: Spending;
  member: Spending['members'][number];
  onClose: () => void;
}) {
  const t = useText();
  const formId = useId();
  const set = useSetSpending(org);
  const { rules, revision } = spending;
  const form = useForm({
    initial: toFields(rules.members.find((one) => one.user === user)?.limit ?? {}),
    check: (values) => Object.fromEntries(wrongFields(values).map((field) => [field, t('spending.wholeNumber')])),
    submit: async (values) => {
      const limit = toLimit(values);
      await set(withMember(rules, user, Object.keys(limit).length > 0 ? limit : undefined), revision);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('spending.ownTitle', { name: name || t('spending.gone') })}
      description={t('spending.ownText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        {LIMITED.map((field) => (
          <TextField
            key={field}
            {...form.field(field)}
            label={t(`spending.${field}`)}
            inputMode="numeric"
            autoComplete="off"
            placeholder={t('spending.noOwn')}
          />
        ))}
        {form.failure && <ErrorNote title={t('spending.notSaved')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
