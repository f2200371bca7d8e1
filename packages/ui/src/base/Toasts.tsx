import { Toast } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useText } from '../text/TextProvider.tsx';
import { buttonClass } from './Button.tsx';
import { Icon } from './Icon.tsx';

const DURATION_MS = 6_000;
const UNDO_MS = 10_000;

/** Holds the toast region, reachable by F6. At most three show at once. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useText();
  return (
    <Toast.Provider limit={3} timeout={DURATION_MS}>
      {children}
      <Toast.Portal>
        <Toast.Viewport
          aria-label={t('toast.region')}
          className="fixed end-4 bottom-4 z-40 flex w-[min(22rem,calc(100vw-2rem))] flex-col-reverse gap-2"
        >
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const t = useText();
  return Toast.useToastManager().toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="rounded-card border border-line bg-raised text-ink shadow-popover transition-opacity duration-200 data-ending-style:opacity-0 data-limited:hidden data-starting-style:opacity-0"
    >
      <Toast.Content className="flex items-center gap-2 py-2 ps-4 pe-2">
        <Toast.Description className="min-w-0 flex-1 text-body" />
        <Toast.Action className={buttonClass({ size: 'sm', variant: 'secondary' })} />
        <Toast.Close aria-label={t('dialog.close')} className={buttonClass({ size: 'icon', variant: 'quiet' })}>
          <Icon of={X} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Confirms what the person just did, with an optional way back. Never for errors, never the only place of a fact. */
export function useToast(): (text: string, action?: { label: string; onSelect: () => void }) => void {
  const manager = Toast.useToastManager();
  return (text, action) => {
    const id = manager.add({
      description: text,
      timeout: action ? UNDO_MS : DURATION_MS,
      ...(action
        ? {
            actionProps: {
              children: action.label,
              onClick: () => {
                action.onSelect();
                manager.close(id);
              },
            },
          }
        : {}),
    });
  };
}
