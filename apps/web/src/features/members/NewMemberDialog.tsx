import { LIMITS, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { type Given, OneTimePassword } from './OneTimePassword.tsx';
import { RoleSelect } from './RoleSelect.tsx';

/** Makes an account for somebody and shows its first password once. */
export function NewMemberDialog({ org, onClose }: { org: string; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>('tier2');
  const [given, setGiven] = useState<Given>();
  const form = useForm({
    initial: { name: '', email: '' },
    check: ({ name, email }) => ({
      ...(name.trim() ? {} : { name: t('form.empty') }),
      ...(email.includes('@') ? {} : { email: t('form.email') }),
    }),
    submit: async (body) => {
      setGiven(await (await api()).members.create({ params: { org }, body: { ...body, role } }));
      await queryClient.invalidateQueries({ queryKey: ['members', org] });
    },
  });
  if (given) return <OneTimePassword name={form.values.name} given={given} onClose={onClose} />;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('members.makeAccount')}
      description={t('members.makeAccountText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('members.makeAccountAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField {...form.field('name')} label={t('members.name')} maxLength={LIMITS.nameLength} autoComplete="off" />
        <TextField {...form.field('email')} label={t('members.email')} type="email" autoComplete="off" />
        <RoleSelect value={role} onChange={setRole} />
        {form.failure && <ErrorNote title={t('members.notMade')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
