import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';

export interface Given {
  readonly password: string;
  readonly expiresAt: string;
}

/** Shown once: a password for the first sign-in. */
export function OneTimePassword({ name, given, onClose }: { name: string; given: Given; onClose: () => void }) {
  const { t, formats } = useTexts();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('members.passwordFor', { name })}
      description={t('members.passwordText', { until: formats.date(given.expiresAt) })}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t('members.done')}
        </Button>
      }
    >
      <div className="flex flex-col items-start gap-3">
        <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
          {given.password}
        </code>
        <CopyButton text={given.password} label={t('members.copyPassword')} />
      </div>
    </Dialog>
  );
}
