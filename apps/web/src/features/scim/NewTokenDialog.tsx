import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { type InConnection, scimQuery } from './queries.ts';

const LIFETIMES = ['90', '365', '730', 'never'] as const;
type Lifetime = (typeof LIFETIMES)[number];

/** Names a token, makes it, shows it once. */
export function NewTokenDialog({ place, onClose }: { place: InConnection; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const [token, setToken] = useState<string>();
  const [plain, setPlain] = useState(false);
  const [readOnly, setReadOnly] = useState(false);
  const [lifetime, setLifetime] = useState<Lifetime>('365');
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async ({ name }) => {
      const body = { name, plain, readOnly, ...(lifetime === 'never' ? {} : { expiresInDays: Number(lifetime) }) };
      setToken((await (await api()).scim.createToken({ params: place, body })).token);
      await queryClient.invalidateQueries({ queryKey: scimQuery(place).queryKey });
    },
  });
  if (token)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('scim.made')}
        description={t('scim.onceText')}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('keys.done')}
          </Button>
        }
      >
        <div className="flex flex-col items-start gap-3">
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
            {token}
          </code>
          <CopyButton text={token} label={t('scim.copyToken')} />
        </div>
      </Dialog>
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('scim.newToken')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('scim.create')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField
          {...form.field('name')}
          label={t('scim.tokenName')}
          help={t('scim.tokenNameHelp')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
        />
        <Select
          label={t('scim.expires')}
          value={lifetime}
          onValueChange={setLifetime}
          options={LIFETIMES.map((value) => ({
            value,
            label: value === 'never' ? t('scim.never') : t('scim.days', { days: Number(value) }),
          }))}
        />
        <Checkbox label={t('keys.plain')} description={t('scim.plainText')} checked={plain} onCheckedChange={setPlain} />
        <Checkbox label={t('scim.readOnly')} description={t('scim.readOnlyText')} checked={readOnly} onCheckedChange={setReadOnly} />
        {form.failure && <ErrorNote title={t('scim.notMade')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
