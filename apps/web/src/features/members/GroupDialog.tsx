import { LIMITS, ROLES, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { type Group, groupsQuery } from './queries.ts';

const NONE = 'none';

/** Makes a group, renames it, or says which role it grants to people whom a directory manages. */
export function GroupDialog({ org, group, onClose }: { org: string; group: Group | undefined; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role | typeof NONE>(group?.role ?? NONE);
  const form = useForm({
    initial: { name: group?.name ?? '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async ({ name }) => {
      const { groups } = await api();
      if (group) await groups.change({ params: { org, group: group.id }, body: { name, role: role === NONE ? null : role } });
      else await groups.create({ params: { org }, body: { name } });
      await queryClient.invalidateQueries({ queryKey: groupsQuery(org).queryKey });
      await queryClient.invalidateQueries({ queryKey: ['members', org] });
      onClose();
    },
  });
  const isKeptElsewhere = group !== undefined && group.source !== 'manual';
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={group ? t('members.groupChange') : t('members.groupNew')}
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
        <TextField
          {...form.field('name')}
          label={t('members.name')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
          readOnly={isKeptElsewhere}
        />
        {group && (
          <Select
            label={t('members.grants')}
            help={role === 'admin' ? t('members.grantsAdmin') : t('members.grantsHelp')}
            value={role}
            options={[{ value: NONE, label: t('members.grantsNothing') }, ...ROLES.map((value) => ({ value, label: t(`role.${value}`) }))]}
            onValueChange={setRole}
          />
        )}
        {form.failure && <ErrorNote title={t('members.notChanged')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
