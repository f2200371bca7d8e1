import { CSPProvider } from '@base-ui/react/csp-provider';
import { DirectionProvider } from '@base-ui/react/direction-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { ToastProvider } from '@privexbot/ui/base/Toasts.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { ClosedNote } from '@privexbot/ui/verification/ClosedNote.tsx';
import { Outlet, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { UploadsProvider } from '../features/knowledge/UploadsContext.tsx';
import { UploadTray } from '../features/knowledge/UploadTray.tsx';
import { lastPlace, rememberPlace } from '../session/last-place.ts';
import { StepUpHost } from '../session/StepUpHost.tsx';
import { useAccount } from '../session/session.ts';
import { ConnectionBanner } from './ConnectionBanner.tsx';
import { Sidebar } from './Sidebar.tsx';
import { TopBar } from './TopBar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const Palette = lazy(async () => ({ default: (await import('./Palette.tsx')).Palette }));
const ShortcutList = lazy(async () => ({ default: (await import('./ShortcutList.tsx')).ShortcutList }));

/** Skip link, sidebar, banner, screen. */
export function Frame() {
  const { t, language } = useTexts();
  const account = useAccount();
  const params = useParams({ strict: false });
  const [panel, setPanel] = useState<'palette' | 'shortcuts'>();
  const [lastOrg, lastWorkspace] = lastPlace();
  const organization = account.organizations.find(({ id }) => id === (params.org ?? lastOrg)) ?? account.organizations[0];
  const wanted = params.workspace ?? lastWorkspace;

  useEffect(() => {
    if (params.org && params.workspace) rememberPlace(params.org, params.workspace);
  }, [params.org, params.workspace]);
  useShortcuts({ organization, workspace: wanted, onOpen: setPanel });

  const close = () => setPanel(undefined);
  const sidebar = { organization, workspace: wanted, onSearch: () => setPanel('palette') };
  return (
    <CSPProvider disableStyleElements>
      <DirectionProvider direction={language.direction}>
        <Tooltip.Provider delay={400}>
          <ToastProvider>
            <a
              href="#main"
              className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-40 focus:rounded-control focus:bg-raised focus:p-2"
            >
              {t('frame.skip')}
            </a>
            <div className="flex min-h-window flex-col md:flex-row">
              <TopBar {...sidebar} />
              <Sidebar {...sidebar} />
              <div className="flex min-w-0 flex-1 flex-col">
                <ConnectionBanner />
                <ClosedNote className="mx-4 mt-4 md:mx-6" />
                <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
                  <UploadsProvider>
                    <Outlet />
                    <UploadTray />
                  </UploadsProvider>
                </main>
              </div>
            </div>
            <Suspense>
              {panel === 'palette' && (
                <Palette organization={organization} workspace={wanted} onClose={close} onShortcuts={() => setPanel('shortcuts')} />
              )}
              {panel === 'shortcuts' && <ShortcutList onClose={close} />}
            </Suspense>
            <StepUpHost />
          </ToastProvider>
        </Tooltip.Provider>
      </DirectionProvider>
    </CSPProvider>
  );
}
