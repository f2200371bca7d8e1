import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { apiKeysQuery } from '../../queries.ts';
import { useCan } from '../../session/session.ts';

/** Names a key, makes it, shows it once. */
export function NewKeyDialog({ org, onClose }: { org: string; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const mayPlain = useCan()('people.manage');
  const [key, setKey] = useState<string>();
  const [plain, setPlain] = useState(false);
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async ({ name }) => {
      setKey((await (await api()).apiKeys.create({ params: { org }, body: { name, plain } })).key);
      await queryClient.invalidateQueries({ queryKey: apiKeysQuery(org).queryKey });
    },
  });
  if (key) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('keys.made')}
        description={t('keys.onceText')}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('keys.done')}
          </Button>
        }
      >
        <div className="flex flex-col items-start gap-3">
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
            {key}
          </code>
          <CopyButton text={key} label={t('keys.copy')} />
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('keys.create')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('keys.createAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField
          {...form.field('name')}
          label={t('keys.name')}
          help={t('keys.nameHelp')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
        />
        {mayPlain && <Checkbox label={t('keys.plain')} description={t('keys.plainText')} checked={plain} onCheckedChange={setPlain} />}
        {form.failure && <ErrorNote title={t('keys.notMade')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
