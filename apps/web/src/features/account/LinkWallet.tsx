import { loadParts } from 'virtual:catalogs';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';

/** Makes a wallet one more way into the account. `onLinked` reads the list of ways again. */
export function LinkWallet({ onLinked }: { onLinked: () => Promise<unknown> }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('linkWallet.action')}</Button>
      {open && <LinkWalletDialog onLinked={onLinked} onClose={() => setOpen(false)} />}
    </>
  );
}

function LinkWalletDialog({ onLinked, onClose }: { onLinked: () => Promise<unknown>; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const { texts } = useRouter().options.context;
  // The same files and words as on the page to sign in, which most people never need here.
  const step = useQuery({
    queryKey: ['link-wallet'],
    queryFn: async () => {
      const [{ SignWithWallet }] = await Promise.all([import('../auth/steps/wallets/SignWithWallet.tsx'), texts.extend(loadParts.ways)]);
      return { SignWithWallet };
    },
  });
  return (
    <Dialog open onOpenChange={onClose} title={t('linkWallet.title')} footer={<Button onClick={onClose}>{t('dialog.cancel')}</Button>}>
      {step.isPending && <Skeleton rows={2} />}
      {step.error && <ErrorNote title={t('linkWallet.failed')} failure={toFailure(step.error)} onRetry={() => void step.refetch()} />}
      {step.data && (
        <step.data.SignWithWallet
          ask={async (body) => (await api()).wallets.linkChallenge({ body })}
          finish={async (body) => {
            const { label } = await (await api()).wallets.link({ body });
            await onLinked();
            toast(t('linkWallet.done', { label }));
            onClose();
          }}
          failed={t('linkWallet.failed')}
        />
      )}
    </Dialog>
  );
}
