import { IconButton } from '@privexbot/ui/base/IconButton.tsx';
import { recall, remember } from '@privexbot/ui/remember.ts';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { useState } from 'react';
import type { Organization } from '../session/session.ts';
import { SidebarContent } from './SidebarContent.tsx';

export interface SidebarProps {
  organization: Organization | undefined;
  workspace: string | undefined;
  onSearch: () => void;
}

/** 240 px, or 56 when collapsed; the choice is remembered. Under 768 px `TopBar` shows the same content in a drawer. */
export function Sidebar(props: SidebarProps) {
  const t = useText();
  const [collapsed, setCollapsed] = useState(recall('sidebar') === 'collapsed');
  return (
    <div
      className={`sticky top-window flex h-window shrink-0 flex-col overflow-y-auto border-e border-line bg-surface max-md:hidden ${collapsed ? 'w-14' : 'w-60'}`}
    >
      <SidebarContent {...props} collapsed={collapsed} />
      <div className={`p-2 pt-0 ${collapsed ? 'self-center' : 'self-end'}`}>
        <IconButton
          icon={collapsed ? PanelLeftOpen : PanelLeftClose}
          mirror
          label={collapsed ? t('frame.expand') : t('frame.collapse')}
          onClick={() => {
            remember('sidebar', collapsed ? 'open' : 'collapsed');
            setCollapsed(!collapsed);
          }}
        />
      </div>
    </div>
  );
}
