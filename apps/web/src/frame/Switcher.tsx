import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { type Organization, useAccount } from '../session/session.ts';

// Fetched only by people who have a choice.
const Combobox = lazy(async () => ({ default: (await import('@privexbot/ui/base/Combobox.tsx')).Combobox }));

/** Organization and workspace. With one of each it is a plain label. A switch keeps the section where the other place has it. */
export function Switcher({
  organization,
  workspace,
  collapsed,
}: {
  organization: Organization;
  workspace: string | undefined;
  collapsed: boolean;
}) {
  const t = useText();
  const navigate = useNavigate();
  const section = sectionOf(useLocation({ select: (location) => location.pathname }));
  const { organizations } = useAccount();
  const items = organizations.flatMap((org) =>
    org.workspaces.map((place) => ({
      value: `${org.id}/${place.id}`,
      label: place.name,
      detail: `${org.name} · ${t(`role.${org.role}`)}`,
    })),
  );
  const workspaceName = organization.workspaces.find((place) => place.id === workspace)?.name;
  const initial = organization.name.trim().charAt(0).toLocaleUpperCase();

  const label = (
    <>
      <span aria-hidden className="grid size-8 shrink-0 place-items-center rounded-control bg-accent-soft font-semibold text-accent-text">
        {initial}
      </span>
      <span className={collapsed ? 'sr-only' : 'min-w-0 flex-1 text-start'}>
        <span className="block truncate font-medium">
          <bdi>{organization.name}</bdi>
        </span>
        {workspaceName && (
          <span className="block truncate text-caption text-muted">
            <bdi>{workspaceName}</bdi>
          </span>
        )}
      </span>
    </>
  );
  const plain = <div className="flex items-center gap-2 p-1">{label}</div>;
  if (items.length < 2) return plain;
  return (
    <Suspense fallback={plain}>
      <Combobox
        label={t('switcher.label')}
        empty={t('switcher.empty')}
        items={items}
        value={`${organization.id}/${workspace ?? ''}`}
        onValueChange={(value) => {
          const [org = '', place = ''] = value.split('/');
          void navigate({ to: `/o/${org}/w/${place}/${section}` });
        }}
        trigger={
          <button
            type="button"
            aria-label={t('switcher.open', { organization: organization.name, workspace: workspaceName ?? '' })}
            className="flex items-center gap-2 rounded-control border border-transparent p-1 hover:bg-sunken"
          >
            {label}
            {!collapsed && <Icon of={ChevronsUpDown} className="text-muted" />}
          </button>
        }
      />
    </Suspense>
  );
}

function sectionOf(pathname: string): string {
  return pathname.includes('/knowledge') ? 'knowledge' : 'bots';
}
