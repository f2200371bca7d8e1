import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

/** What the wallet did, or did not do; nothing reached the server. */
export function NotSigned({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div role="alert" className="flex gap-3 rounded-card border border-danger bg-danger-soft p-3 text-body text-ink">
      <Icon of={CircleAlert} size={20} className="text-danger" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="font-medium text-danger">{title}</p>
        <p>{children}</p>
      </div>
    </div>
  );
}
