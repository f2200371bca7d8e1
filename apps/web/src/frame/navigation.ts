/** The areas of the app, as one table that the sidebar, the palette and the shortcuts read. */
import type { Permission } from '@privexbot/contract';
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import type { LinkProps } from '@tanstack/react-router';
import {
  BookOpen,
  Bot,
  ChartColumn,
  Cpu,
  House,
  KeyRound,
  LogIn,
  type LucideIcon,
  ScrollText,
  Settings2,
  UserRound,
  Users,
} from 'lucide-react';
import type { Organization } from '../session/session.ts';

export interface Area {
  id: string;
  label: MessageId;
  icon: LucideIcon;
  /** Second key of `g …`. */
  key: string;
  /** Who sees it at all. */
  permission: Permission;
  group: 'top' | 'build' | 'organize' | 'you';
  link: (place: { org: string; workspace: string | undefined }) => LinkProps | undefined;
}

export const GROUPS = [
  { id: 'top', label: undefined },
  { id: 'build', label: messageId('nav.build') },
  { id: 'organize', label: messageId('nav.organize') },
] as const;

const inOrg =
  (
    to:
      | '/o/$org'
      | '/o/$org/members'
      | '/o/$org/models'
      | '/o/$org/sign-in'
      | '/o/$org/keys'
      | '/o/$org/usage'
      | '/o/$org/audit'
      | '/o/$org/settings',
  ): Area['link'] =>
  ({ org }) => ({ to, params: { org } });
const inWorkspace =
  (to: '/o/$org/w/$workspace/bots' | '/o/$org/w/$workspace/knowledge'): Area['link'] =>
  ({ org, workspace }) =>
    workspace ? { to, params: { org, workspace } } : undefined;

export const AREAS: readonly Area[] = [
  { id: 'home', label: messageId('nav.home'), icon: House, key: 'h', permission: 'data.read', group: 'top', link: inOrg('/o/$org') },
  {
    id: 'bots',
    label: messageId('nav.bots'),
    icon: Bot,
    key: 'b',
    permission: 'data.read',
    group: 'build',
    link: inWorkspace('/o/$org/w/$workspace/bots'),
  },
  {
    id: 'knowledge',
    label: messageId('nav.knowledge'),
    icon: BookOpen,
    key: 'k',
    permission: 'data.read',
    group: 'build',
    link: inWorkspace('/o/$org/w/$workspace/knowledge'),
  },
  {
    id: 'sign-in',
    label: messageId('nav.signIn'),
    icon: LogIn,
    key: 'i',
    permission: 'people.manage',
    group: 'organize',
    link: inOrg('/o/$org/sign-in'),
  },
  {
    id: 'members',
    label: messageId('members.title'),
    icon: Users,
    key: 'e',
    permission: 'people.manage',
    group: 'organize',
    link: inOrg('/o/$org/members'),
  },
  {
    id: 'models',
    label: messageId('nav.models'),
    icon: Cpu,
    key: 'm',
    permission: 'models.edit',
    group: 'organize',
    link: inOrg('/o/$org/models'),
  },
  {
    id: 'keys',
    label: messageId('nav.keys'),
    icon: KeyRound,
    key: 'p',
    permission: 'keys.own',
    group: 'organize',
    link: inOrg('/o/$org/keys'),
  },
  {
    id: 'usage',
    label: messageId('nav.usage'),
    icon: ChartColumn,
    key: 'y',
    permission: 'usage.read',
    group: 'organize',
    link: inOrg('/o/$org/usage'),
  },
  {
    id: 'audit',
    label: messageId('nav.audit'),
    icon: ScrollText,
    key: 'l',
    permission: 'audit.read',
    group: 'organize',
    link: inOrg('/o/$org/audit'),
  },
  {
    id: 'settings',
    label: messageId('nav.settings'),
    icon: Settings2,
    key: 's',
    permission: 'organization.edit',
    group: 'organize',
    link: inOrg('/o/$org/settings'),
  },
  {
    id: 'account',
    label: messageId('nav.account'),
    icon: UserRound,
    key: 'a',
    permission: 'data.read',
    group: 'you',
    link: () => ({ to: '/account' }),
  },
];

/** The workspace to show when the address names none: the last one used there, else the first. */
export function workspaceOf(organization: Organization, wanted: string | undefined): string | undefined {
  return (organization.workspaces.find((workspace) => workspace.id === wanted) ?? organization.workspaces[0])?.id;
}
