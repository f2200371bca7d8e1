import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { CodeList } from './CodeList.tsx';

/** How many codes are left, and ten new ones in their place. */
export function RecoveryCodes({ left, onChange }: { left: number; onChange: () => Promise<unknown> }) {
  const t = useText();
  const renew = useMutation({ mutationFn: async () => (await api()).credentials.renewRecoveryCodes(), onSuccess: onChange });
  return (
    <div className="flex flex-col items-start gap-3">
      <p>{t('recovery.left', { count: left })}</p>
      {renew.error && <ErrorNote title={t('recovery.notRenewed')} failure={toFailure(renew.error)} />}
      <Button busy={renew.isPending} onClick={() => renew.mutate()}>
        {left > 0 ? t('recovery.renew') : t('recovery.make')}
      </Button>
      {renew.data && (
        <Dialog open onOpenChange={renew.reset} title={t('recovery.keepTitle')} description={t('recovery.keepText')}>
          <CodeList codes={renew.data.recoveryCodes} onKept={renew.reset} />
        </Dialog>
      )}
    </div>
  );
}
