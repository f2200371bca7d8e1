import type { ReactNode } from 'react';

/** A place with nothing in it yet: what belongs here, and the one thing to do. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-3 rounded-card border border-dashed border-control p-6">
      <h2 className="text-reading font-semibold text-ink">{title}</h2>
      {children && <div className="max-w-[60ch] text-body text-muted">{children}</div>}
      {action && <div className="flex flex-wrap gap-2">{action}</div>}
    </div>
  );
}
