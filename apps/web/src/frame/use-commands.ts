import { hasPermission } from '@privexbot/contract';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import type { LinkProps } from '@tanstack/react-router';
import { botsQuery, knowledgeListQuery } from '../queries.ts';
import type { Organization } from '../session/session.ts';
import { chooseTheme, chosenTheme } from '../session/theme.ts';
import { AREAS, workspaceOf } from './navigation.ts';

export interface Command {
  value: string;
  label: string;
  keys?: string;
  link?: LinkProps;
  run?: () => void;
}
export interface CommandGroup {
  value: string;
  items: Command[];
}

/** Everything the palette offers this person here, by group; empty groups are left out. */
export function useCommands({
  organization,
  workspace,
  onShortcuts,
}: {
  organization: Organization | undefined;
  workspace: string | undefined;
  onShortcuts: () => void;
}): CommandGroup[] {
  const t = useText();
  const place = { org: organization?.id ?? '', workspace: (organization && workspaceOf(organization, workspace)) ?? '' };
  const enabled = place.workspace !== '';
  const bots = useQuery({ ...botsQuery(place), enabled }).data ?? [];
  const bases = useQuery({ ...knowledgeListQuery(place), enabled }).data ?? [];
  const may = (permission: (typeof AREAS)[number]['permission']) =>
    organization !== undefined && hasPermission(organization.role, permission);

  const goTo = AREAS.filter((area) => may(area.permission)).flatMap((area): Command[] => {
    const link = area.link(place);
    return link ? [{ value: `go-${area.id}`, label: t('palette.goTo', { place: t(area.label) }), keys: `g ${area.key}`, link }] : [];
  });
  const doing: Command[] = [
    ...(enabled && may('bots.edit')
      ? [
          {
            value: 'create-bot',
            label: t('bots.create'),
            keys: 'c',
            link: { to: '/o/$org/w/$workspace/bots/new', params: place },
          } satisfies Command,
        ]
      : []),
    { value: 'verify', label: t('palette.verify'), link: { to: '/verify' } },
    { value: 'theme', label: t('palette.switchTheme'), run: () => chooseTheme(chosenTheme() === 'dark' ? 'light' : 'dark') },
    { value: 'shortcuts', label: t('shortcut.title'), keys: '?', run: onShortcuts },
  ];
  const found: Command[] = [
    ...bots.map(
      (bot): Command => ({
        value: bot.id,
        label: bot.settings.name,
        link: { to: '/o/$org/w/$workspace/bots/$bot/$tab', params: { ...place, bot: bot.id, tab: 'configure' } },
      }),
    ),
    ...bases.map(
      (base): Command => ({
        value: base.id,
        label: base.name,
        link: { to: '/o/$org/w/$workspace/knowledge/$knowledge', params: { ...place, knowledge: base.id } },
      }),
    ),
  ];
  return [
    { value: t('palette.groupGo'), items: goTo },
    { value: t('palette.groupDo'), items: doing },
    { value: t('palette.groupFind'), items: found },
  ].filter((group) => group.items.length > 0);
}
