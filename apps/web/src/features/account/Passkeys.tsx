import { deviceName, LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog, Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { PasskeyProblem } from '../auth/steps/PasskeyProblem.tsx';

type Passkey = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['credentials']['security']>>['passkeys'][number];

/** The person's passkeys: added, named, taken away. */
export function Passkeys({ passkeys, onChange }: { passkeys: readonly Passkey[]; onChange: () => Promise<unknown> }) {
  const { t, formats } = useTexts();
  const [naming, setNaming] = useState<Passkey>();
  const [removing, setRemoving] = useState<Passkey>();
  const add = useMutation({
    mutationFn: async () => {
      const { addPasskey } = await import('../auth/passkeys.ts');
      await addPasskey(deviceName(navigator.userAgent) ?? t('account.unknownDevice'));
    },
    onSuccess: onChange,
  });
  const remove = useMutation({
    mutationFn: async ({ id }: Passkey) => (await api()).credentials.removePasskey({ params: { credential: id } }),
    onSuccess: async () => {
      setRemoving(undefined);
      await onChange();
    },
  });
  return (
    <div className="flex flex-col items-start gap-3">
      {passkeys.length > 0 && (
        <ul className="w-full divide-y divide-line rounded-card border border-line bg-surface">
          {passkeys.map((passkey) => (
            <li key={passkey.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-2 font-medium">
                  <bdi>{passkey.name}</bdi>
                  {passkey.synced && <Chip>{t('passkeys.synced')}</Chip>}
                </p>
                <p className="text-dense text-muted">
                  {passkey.lastUsedAt
                    ? t('passkeys.used', { made: formats.date(passkey.createdAt), used: formats.dateTime(passkey.lastUsedAt) })
                    : t('passkeys.made', { made: formats.date(passkey.createdAt) })}
                </p>
              </div>
              <Button size="sm" onClick={() => setNaming(passkey)}>
                {t('passkeys.rename')}
              </Button>
              <Button size="sm" onClick={() => setRemoving(passkey)}>
                {t('passkeys.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {add.error && <PasskeyProblem title={t('passkeys.notAdded')} error={add.error} />}
      <Button busy={add.isPending} onClick={() => add.mutate()}>
        {t('passkeys.add')}
      </Button>
      {naming && <NameDialog passkey={naming} onChange={onChange} onClose={() => setNaming(undefined)} />}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title={t('passkeys.removeTitle', { name: removing?.name ?? '' })}
        consequence={t('passkeys.removeText')}
        action={t('passkeys.remove')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('passkeys.notRemoved')} failure={toFailure(remove.error)} />}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </div>
  );
}

function NameDialog({ passkey, onChange, onClose }: { passkey: Passkey; onChange: () => Promise<unknown>; onClose: () => void }) {
  const { t } = useTexts();
  const form = useForm({
    initial: { name: passkey.name },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async (body) => {
      await (await api()).credentials.renamePasskey({ params: { credential: passkey.id }, body });
      await onChange();
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={onClose} title={t('passkeys.renameTitle')}>
      <form {...form.form} className="flex flex-col gap-4 pb-2">
        <TextField {...form.field('name')} label={t('passkeys.name')} maxLength={LIMITS.nameLength} />
        {form.failure && <ErrorNote title={t('settings.notSaved')} failure={form.failure} />}
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  );
}
