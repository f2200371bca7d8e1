import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';
import { VerificationPanel } from './VerificationPanel.tsx';

/** The panel over whatever is on the screen. A native modal, so that the widget needs no library for it: Escape closes, focus goes back. */
export function VerificationDialog({ destinations, onClose }: { destinations: readonly string[] | undefined; onClose: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="verification-title"
      onClose={onClose}
      closedby="any"
      className="m-auto max-h-[min(92dvh,56rem)] w-full max-w-2xl rounded-sheet border border-line bg-raised text-start text-ink shadow-dialog backdrop:bg-scrim open:flex open:flex-col max-xs:m-0 max-xs:h-dvh max-xs:max-h-none max-xs:max-w-none max-xs:rounded-none"
    >
      <header className="flex items-start gap-3 px-4 pt-4 pb-2 xs:px-6">
        <h2 id="verification-title" className="min-w-0 flex-1 text-h2 font-semibold">
          {t('verification.title')}
        </h2>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t('dialog.close')}
          title={t('dialog.close')}
          onClick={() => dialog.current?.close()}
        >
          <Icon of={X} />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable) */}
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-5 xs:px-6" tabIndex={0}>
        <VerificationPanel destinations={destinations} />
      </div>
    </dialog>
  );
}
