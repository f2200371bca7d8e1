import { hasPermission } from '@privexbot/contract';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { Tooltip } from '@privexbot/ui/base/Tooltip.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Shield } from '@privexbot/ui/verification/Shield.tsx';
import { Link } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { AREAS, type Area, GROUPS, workspaceOf } from './navigation.ts';
import type { SidebarProps } from './Sidebar.tsx';
import { Switcher } from './Switcher.tsx';

/** Switcher, search, areas by group, and at the bottom what is on every screen in the same place. */
export function SidebarContent({ organization, workspace, onSearch, collapsed = false }: SidebarProps & { collapsed?: boolean }) {
  const t = useText();
  const visible = AREAS.filter((area) => organization !== undefined && hasPermission(organization.role, area.permission));
  const place = { org: organization?.id ?? '', workspace: organization && workspaceOf(organization, workspace) };
  return (
    <nav aria-label={t('frame.navigation')} className="flex flex-1 flex-col gap-4 p-2">
      {organization && <Switcher organization={organization} workspace={place.workspace} collapsed={collapsed} />}
      <button
        type="button"
        onClick={onSearch}
        aria-label={collapsed ? t('palette.open') : undefined}
        className="control flex items-center gap-2 rounded-control border border-control bg-surface px-2 text-body text-muted hover:bg-sunken"
      >
        <Icon of={Search} />
        {!collapsed && (
          <>
            <span className="flex-1 text-start">{t('palette.open')}</span>
            <kbd className="text-caption">{shortcutLabel()}</kbd>
          </>
        )}
      </button>
      <div className="flex flex-1 flex-col gap-4">
        {GROUPS.map((group) => {
          const areas = visible.filter((area) => area.group === group.id);
          if (areas.length === 0) return null;
          return (
            <div key={group.id}>
              {group.label && !collapsed && <h2 className="px-2 pb-1 text-caption font-medium text-muted">{t(group.label)}</h2>}
              <AreaList areas={areas} place={place} collapsed={collapsed} />
            </div>
          );
        })}
        <div className="mt-auto flex flex-col gap-2">
          <AreaList areas={visible.filter((area) => area.group === 'you')} place={place} collapsed={collapsed} />
          <Shield compact={collapsed} className={collapsed ? 'self-center' : 'mx-2 self-start'} />
        </div>
      </div>
    </nav>
  );
}

function AreaList({ areas, place, collapsed }: { areas: readonly Area[]; place: Parameters<Area['link']>[0]; collapsed: boolean }) {
  const t = useText();
  return (
    <ul className="flex flex-col gap-0.5">
      {areas.map((area) => {
        const target = area.link(place);
        if (!target) return null;
        const link = (
          <Link
            {...target}
            activeOptions={{ exact: area.id === 'home' }}
            aria-label={collapsed ? t(area.label) : undefined}
            className="control flex items-center gap-2 rounded-control px-2 text-body text-muted hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-text"
          >
            <Icon of={area.icon} size={20} />
            {!collapsed && t(area.label)}
          </Link>
        );
        return <li key={area.id}>{collapsed ? <Tooltip text={t(area.label)}>{link}</Tooltip> : link}</li>;
      })}
    </ul>
  );
}

function shortcutLabel(): string {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘K' : 'Ctrl K';
}
