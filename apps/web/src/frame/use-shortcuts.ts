import { hasPermission } from '@privexbot/contract';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import type { Organization } from '../session/session.ts';
import { AREAS, workspaceOf } from './navigation.ts';
import { useKeys } from './use-keys.ts';

const SEQUENCE_MS = 1_000;

/** Ctrl/⌘ K everywhere; `?`, `c` and `g …` only outside fields, and only while single-letter shortcuts are on (WCAG 2.1.4). */
export function useShortcuts({
  organization,
  workspace,
  onOpen,
}: {
  organization: Organization | undefined;
  workspace: string | undefined;
  onOpen: (panel: 'palette' | 'shortcuts') => void;
}): void {
  const navigate = useNavigate();
  const goPressedAt = useRef(0);

  function goTo(key: string): void {
    if (performance.now() - goPressedAt.current > SEQUENCE_MS) return;
    goPressedAt.current = 0;
    const area = AREAS.find((candidate) => candidate.key === key);
    if (!area || !organization || !hasPermission(organization.role, area.permission)) return;
    const link = area.link({ org: organization.id, workspace: workspaceOf(organization, workspace) });
    if (link) void navigate(link);
  }

  function create(): void {
    const place = organization && workspaceOf(organization, workspace);
    if (!organization || !place || !hasPermission(organization.role, 'bots.edit')) return;
    void navigate({ to: '/o/$org/w/$workspace/bots/new', params: { org: organization.id, workspace: place } });
  }
  useKeys({
    'Ctrl+k': () => onOpen('palette'),
    '?': () => onOpen('shortcuts'),
    g: () => {
      goPressedAt.current = performance.now();
    },
    ...Object.fromEntries(AREAS.map(({ key }) => [key, () => goTo(key)])),
    c: create,
  });
}
