import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Icon } from './Icon.tsx';

export interface MenuAction {
  label: string;
  icon?: LucideIcon;
  danger?: boolean;
  /** Why it cannot be used now. */
  disabledReason?: string | undefined;
  onSelect: () => void;
}

/** A list of actions behind a button. */
export function Menu({ trigger, actions, header }: { trigger: ReactElement; actions: readonly MenuAction[]; header?: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-40 outline-none">
          <Base.Popup className="min-w-48 max-w-80 rounded-card border border-line bg-raised py-1 text-ink shadow-popover outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {header && <div className="border-b border-line px-3 py-2">{header}</div>}
            {actions.map((action) => (
              <Base.Item
                key={action.label}
                disabled={action.disabledReason !== undefined}
                onClick={action.onSelect}
                className={`control flex cursor-pointer items-center gap-2 px-3 py-1 text-body outline-none data-disabled:cursor-not-allowed data-disabled:opacity-60 data-highlighted:bg-sunken ${action.danger ? 'text-danger' : ''}`}
              >
                {action.icon && <Icon of={action.icon} />}
                <span className="min-w-0">
                  {action.label}
                  {action.disabledReason && <span className="block text-caption text-muted">{action.disabledReason}</span>}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
