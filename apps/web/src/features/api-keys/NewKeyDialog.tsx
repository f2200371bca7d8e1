import { LIMITS, type Permission } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox, RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useId, useState } from 'react';
import { useForm } from '../../forms/use-form.ts';
import { ASKING, expiryOf, isNetwork, LIFETIMES, type Lifetime, type NewKey, permissionsWith, readNetworks } from './keys.ts';

type Breadth = 'everything' | 'asking' | 'chosen';

/** Names a key, says what it may do, makes it, shows it once. */
export function NewKeyDialog({
  title,
  can,
  make,
  onClose,
}: {
  title: string;
  /** What whoever the key belongs to may do. */
  can: (permission: Permission) => boolean;
  /** Makes it, and hands out the key itself. */
  make: (body: NewKey) => Promise<string>;
  onClose: () => void;
}) {
  const t = useText();
  const formId = useId();
  const [key, setKey] = useState<string>();
  const [plain, setPlain] = useState(false);
  const [breadth, setBreadth] = useState<Breadth>('everything');
  const [scopes, setScopes] = useState<readonly Permission[]>(ASKING.filter(can));
  const [lifetime, setLifetime] = useState<Lifetime>('365');
  const form = useForm({
    initial: { name: '', networks: '' },
    check: ({ name, networks }) => {
      const wrong = readNetworks(networks).find((network) => !isNetwork(network));
      return {
        ...(name.trim() ? {} : { name: t('form.empty') }),
        ...(wrong === undefined ? {} : { networks: t('keys.noNetwork', { network: wrong }) }),
      };
    },
    submit: async ({ name, networks }) => {
      const chosen = breadth === 'asking' ? ASKING.filter(can) : breadth === 'chosen' ? scopes : undefined;
      const expiresAt = expiryOf(lifetime);
      const from = readNetworks(networks);
      const limits = {
        ...(chosen ? { scopes: [...chosen] } : {}),
        ...(expiresAt ? { expiresAt } : {}),
        ...(from.length > 0 ? { networks: from } : {}),
      };
      setKey(await make({ name, plain, ...limits }));
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
  const nothing = breadth === 'chosen' && scopes.length === 0;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      width="md"
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy} disabledReason={nothing ? t('keys.nothing') : undefined}>
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
        <RadioGroup<Breadth>
          legend={t('keys.may')}
          value={breadth}
          options={[
            { value: 'everything', label: t('keys.everything'), description: t('keys.everythingText') },
            { value: 'asking', label: t('keys.asking'), description: t('keys.askingText') },
            { value: 'chosen', label: t('keys.chosen') },
          ]}
          onValueChange={setBreadth}
        />
        {breadth === 'chosen' && (
          <fieldset className="flex flex-col gap-1 ps-6">
            <legend className="sr-only">{t('keys.chosen')}</legend>
            {permissionsWith(can).map((permission) => (
              <Checkbox
                key={permission}
                label={t(`keys.scope.${permission}`)}
                checked={scopes.includes(permission)}
                onCheckedChange={(on) => setScopes(on ? [...scopes, permission] : scopes.filter((scope) => scope !== permission))}
              />
            ))}
          </fieldset>
        )}
        <Select
          label={t('keys.until')}
          value={lifetime}
          options={LIFETIMES.map((value) => ({
            value,
            label: value === 'never' ? t('keys.noEnd') : t('keys.days', { days: Number(value) }),
          }))}
          onValueChange={setLifetime}
        />
        <TextArea
          {...form.field('networks')}
          label={t('keys.networks')}
          help={t('keys.networksHelp')}
          optional={t('field.optional')}
          rows={2}
          spellCheck={false}
        />
        {can('people.manage') && (
          <Checkbox label={t('keys.plain')} description={t('keys.plainText')} checked={plain} onCheckedChange={setPlain} />
        )}
        {form.failure && <ErrorNote title={t('keys.notMade')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
