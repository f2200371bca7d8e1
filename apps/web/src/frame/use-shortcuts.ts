import { hasPermission } from '@privexbot/contract';
import { recall } from '@privexbot/ui/remember.ts';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { Organization } from '../session/session.ts';
import { AREAS, workspaceOf } from './navigation.ts';

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

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      onOpen('palette');
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || recall('shortcuts') === 'off') return;
    const follows = event.timeStamp - goPressedAt.current < SEQUENCE_MS;
    goPressedAt.current = 0;
    if (event.key === '?') onOpen('shortcuts');
    else if (event.key === 'g') goPressedAt.current = event.timeStamp;
    else if (follows) goTo(event.key);
    else if (event.key === 'c') create();
  });

  function goTo(key: string): void {
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

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], dialog, [role="dialog"], [role="menu"]') !== null
  );
}
