import { LIMITS, ROLES } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { serviceAccountsQuery } from '../../queries.ts';
import type { Service } from './keys.ts';

const SERVICE_ROLES = ROLES.filter((role) => role !== 'admin');

/** Makes a service account, or changes its name and role. */
export function ServiceDialog({ org, service, onClose }: { org: string; service?: Service; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Service['role']>(service?.role ?? 'tier3');
  const form = useForm({
    initial: { name: service?.name ?? '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async ({ name }) => {
      const { serviceAccounts } = await api();
      const body = { name, role };
      await (service
        ? serviceAccounts.change({ params: { org, service: service.id }, body })
        : serviceAccounts.create({ params: { org }, body }));
      await queryClient.invalidateQueries({ queryKey: serviceAccountsQuery(org).queryKey });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={service ? t('service.changeTitle', { name: service.name }) : t('service.create')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {service ? t('service.save') : t('service.createAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField
          {...form.field('name')}
          label={t('keys.name')}
          help={t('service.nameHelp')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
        />
        <Select
          label={t('service.role')}
          help={t('service.roleHelp')}
          value={role}
          options={SERVICE_ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
          onValueChange={setRole}
        />
        {form.failure && <ErrorNote title={t('service.notSaved')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
