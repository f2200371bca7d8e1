import { PERMISSIONS, type Permission } from '@privexbot/contract';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { ReactNode } from 'react';
import { Page } from '../frame/Page.tsx';
import { useCan } from '../session/session.ts';
import { useReason } from '../session/use-reason.ts';

/** A screen for those who may see it; others read who that is, and nothing of it is asked from the server. */
export function Guarded({ permission, title, children }: { permission: Permission; title: string; children: ReactNode }) {
  const t = useText();
  const reason = useReason()(permission);
  if (!reason) return children;
  return (
    <Page title={title}>
      <EmptyState title={t('access.title')}>{reason}</EmptyState>
    </Page>
  );
}

/** Above a screen whose controls this person may look at only. */
export function LookOnly({ permission }: { permission: Permission }) {
  const t = useText();
  if (useCan()(permission)) return null;
  return (
    <p className="rounded-control border border-line bg-sunken px-3 py-2 text-body text-muted">
      {t('access.lookOnly', { role: PERMISSIONS[permission].roles.at(-1) ?? 'admin' })}
    </p>
  );
}
