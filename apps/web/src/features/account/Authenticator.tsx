import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog, Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { CodeForm } from '../auth/steps/CodeForm.tsx';
import { CodeList } from './CodeList.tsx';
import { QrCode } from './QrCode.tsx';

type Started = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['credentials']['startTotp']>>;

/** The authenticator app: set up, replaced, taken away. */
export function Authenticator({ totp, onChange }: { totp: { createdAt: string } | undefined; onChange: () => Promise<unknown> }) {
  const { t, formats } = useTexts();
  const [removing, setRemoving] = useState(false);
  const start = useMutation({ mutationFn: async () => (await api()).credentials.startTotp() });
  const remove = useMutation({
    mutationFn: async () => (await api()).credentials.removeTotp(),
    onSuccess: async () => {
      setRemoving(false);
      await onChange();
    },
  });
  return (
    <div className="flex flex-col items-start gap-3">
      {totp && <p>{t('totp.since', { date: formats.date(totp.createdAt) })}</p>}
      {start.error && <ErrorNote title={t('totp.notAdded')} failure={toFailure(start.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button busy={start.isPending} onClick={() => start.mutate()}>
          {totp ? t('totp.replace') : t('totp.add')}
        </Button>
        {totp && <Button onClick={() => setRemoving(true)}>{t('totp.remove')}</Button>}
      </div>
      {start.data && <SetUpDialog started={start.data} onChange={onChange} onClose={start.reset} />}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={t('totp.removeTitle')}
        consequence={t('totp.removeText')}
        action={t('totp.remove')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('totp.notRemoved')} failure={toFailure(remove.error)} />}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}

/** Scan, type the first code, and the first time keep the recovery codes. */
function SetUpDialog({ started, onChange, onClose }: { started: Started; onChange: () => Promise<unknown>; onClose: () => void }) {
  const { t } = useTexts();
  const [codes, setCodes] = useState<readonly string[]>();
  const { challenge, secret, uri } = started;
  if (codes) {
    return (
      <Dialog open onOpenChange={onClose} title={t('recovery.keepTitle')} description={t('recovery.keepText')}>
        <CodeList codes={codes} onKept={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title={t('totp.add')} description={t('totp.scan')}>
      <div className="flex flex-col gap-4 pb-2">
        <QrCode text={uri} label={t('totp.qr')} />
        <div className="flex flex-col gap-1">
          <p className="text-dense text-muted">{t('totp.type')}</p>
          <p dir="ltr" className="rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all">
            {secret.replace(/.{4}/g, '$& ').trim()}
          </p>
        </div>
        <CodeForm
          way="totp"
          failed={t('totp.notAdded')}
          action={t('totp.confirm')}
          prove={async (code) => {
            const { recoveryCodes } = await (await api()).credentials.confirmTotp({ body: { challenge, code } });
            await onChange();
            if (recoveryCodes) setCodes(recoveryCodes);
            else onClose();
          }}
        />
      </div>
    </Dialog>
  );
}
