import { Button } from '@privexbot/ui/base/Button.tsx';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Shield } from '@privexbot/ui/verification/Shield.tsx';
import { useRouterState } from '@tanstack/react-router';
import { Menu, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { SidebarProps } from './Sidebar.tsx';
import { SidebarContent } from './SidebarContent.tsx';

/** Under 768 px: the name of the place, and the sidebar as a drawer. A native modal keeps focus inside and gives it back. */
export function TopBar(sidebar: SidebarProps) {
  const t = useText();
  const drawer = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const close = () => drawer.current?.close();

  useEffect(() => {
    if (open) drawer.current?.showModal();
  }, [open]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the address changes
  useEffect(close, [pathname]);

  return (
    <header className="sticky top-window z-10 flex items-center gap-2 border-b border-line bg-surface p-1.5 md:hidden">
      <Button size="icon" variant="quiet" aria-label={t('frame.menu')} title={t('frame.menu')} onClick={() => setOpen(true)}>
        <Icon of={Menu} size={20} />
      </Button>
      <dialog
        ref={drawer}
        aria-label={t('frame.menu')}
        closedby="any"
        onClose={() => setOpen(false)}
        className="ms-0 mt-0 h-dvh max-h-none w-72 max-w-[85vw] border-e border-line bg-surface text-ink backdrop:bg-scrim open:flex open:flex-col"
      >
        {open && (
          <>
            <Button
              size="icon"
              variant="quiet"
              className="m-2 self-end"
              aria-label={t('dialog.close')}
              title={t('dialog.close')}
              onClick={close}
            >
              <Icon of={X} />
            </Button>
            <SidebarContent
              {...sidebar}
              onSearch={() => {
                close();
                sidebar.onSearch();
              }}
            />
          </>
        )}
      </dialog>
      <span className="min-w-0 flex-1 truncate font-medium">
        <bdi>{sidebar.organization?.name}</bdi>
      </span>
      <Shield />
    </header>
  );
}
