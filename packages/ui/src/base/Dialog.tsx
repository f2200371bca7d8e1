import { AlertDialog as BaseAlert } from '@base-ui/react/alert-dialog';
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useText } from '../text/TextProvider.tsx';
import { Button } from './Button.tsx';
import { TextField } from './Field.tsx';
import { Icon } from './Icon.tsx';

const BACKDROP = 'fixed inset-0 z-30 bg-scrim transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0';
const VIEWPORT = 'fixed inset-0 z-30 grid place-items-end md:place-items-center p-0 md:p-6';
const POPUP =
  'flex max-h-[min(90dvh,48rem)] w-full flex-col rounded-t-sheet md:rounded-sheet border border-line bg-raised text-ink shadow-dialog outline-none transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0';
const WIDTHS = { sm: 'md:max-w-md', md: 'md:max-w-xl', lg: 'md:max-w-4xl' } as const;

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** Buttons at the bottom, the main one last. */
  footer?: ReactNode;
  width?: keyof typeof WIDTHS;
  children?: ReactNode;
}

/** Asks or shows something above the page. Escape and the backdrop close it; focus returns to where it was. */
export function Dialog({ open, onOpenChange, title, description, footer, width = 'sm', children }: DialogProps) {
  const t = useText();
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={BACKDROP} />
        <BaseDialog.Viewport className={VIEWPORT}>
          <BaseDialog.Popup className={`${POPUP} ${WIDTHS[width]}`}>
            <header className="flex items-start gap-4 px-6 pt-5 pb-2">
              <div className="min-w-0 flex-1">
                <BaseDialog.Title className="text-h2 font-semibold">{title}</BaseDialog.Title>
                {description && <BaseDialog.Description className="mt-1 text-body text-muted">{description}</BaseDialog.Description>}
              </div>
              {/* No tooltip here: it opens with the first focus, and would take the Escape that is meant for the dialog. */}
              <BaseDialog.Close
                render={
                  <Button variant="quiet" size="icon" aria-label={t('dialog.close')} title={t('dialog.close')}>
                    <Icon of={X} />
                  </Button>
                }
              />
            </header>
            <div className="min-h-0 flex-1 overflow-y-auto px-6 py-3">{children}</div>
            {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-6 py-4">{footer}</footer>}
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The verb and the object: Delete "Acme help"? */
  title: string;
  /** Object, count, consequence, and what stays. */
  consequence: ReactNode;
  /** The verb on the button. */
  action: string;
  /** Must be typed before the button works; left out where the act is small. */
  typeName?: string;
  busy?: boolean;
  error?: ReactNode;
  onConfirm: () => void;
}

/** Asks before something that cannot be undone. The dangerous button never has the first focus. */
export function ConfirmDialog({ open, onOpenChange, title, consequence, action, typeName, busy = false, error, onConfirm }: ConfirmProps) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const reason = typeName && typed.trim() !== typeName.trim() ? t('confirm.typeFirst') : undefined;
  return (
    <BaseAlert.Root
      open={open}
      onOpenChange={(next) => {
        setTyped('');
        onOpenChange(next);
      }}
    >
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={BACKDROP} />
        <BaseAlert.Viewport className={VIEWPORT}>
          <BaseAlert.Popup className={`${POPUP} ${WIDTHS.sm}`}>
            <div className="flex flex-col gap-4 overflow-y-auto px-6 pt-5 pb-4">
              <BaseAlert.Title className="text-h2 font-semibold">{title}</BaseAlert.Title>
              <BaseAlert.Description render={<div />} className="text-body text-muted">
                {consequence}
              </BaseAlert.Description>
              {typeName && (
                <TextField
                  label={t('confirm.typeName', { name: typeName })}
                  value={typed}
                  autoComplete="off"
                  onChange={(event) => setTyped(event.currentTarget.value)}
                />
              )}
              {error}
            </div>
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-6 py-4">
              <BaseAlert.Close render={<Button>{t('dialog.cancel')}</Button>} />
              <Button variant="danger" disabledReason={reason} busy={busy} onClick={onConfirm}>
                {action}
              </Button>
            </footer>
          </BaseAlert.Popup>
        </BaseAlert.Viewport>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}
