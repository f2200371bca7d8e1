import type { Permission } from '@privexbot/contract';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { ReactNode } from 'react';
import { useReason } from '../session/use-reason.ts';

/** Shows the screen to those who may see it, and to others who that is. */
export function Guarded({ permission, children }: { permission: Permission; children: ReactNode }) {
  const t = useText();
  const reason = useReason()(permission);
  return reason ? <EmptyState title={t('access.title')}>{reason}</EmptyState> : children;
}

/** Above a screen whose controls this person may look at only. */
export function LookOnly({ permission }: { permission: Permission }) {
  const t = useText();
  const reason = useReason()(permission);
  return (
    reason && (
      <p className="rounded-control border border-line bg-sunken px-3 py-2 text-body text-muted">
        {t('access.lookOnly')} {reason}
      </p>
    )
  );
}
