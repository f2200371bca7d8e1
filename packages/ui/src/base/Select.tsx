import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

interface Option<V extends string> {
  value: V;
  label: string;
  /** A second line, such as where the choice runs. */
  description?: string;
}

/** A choice whose options need a second line. For plain words take `NativeSelect`. */
export function Select<V extends string>({
  label,
  help,
  value,
  options,
  disabled = false,
  onValueChange,
}: {
  label: string;
  help?: ReactNode;
  value: V;
  options: readonly Option<V>[];
  disabled?: boolean;
  onValueChange: (value: V) => void;
}) {
  return (
    <div className="flex flex-col gap-1">
      <Base.Root
        items={options}
        value={value}
        disabled={disabled}
        onValueChange={(next) => {
          if (next !== null) onValueChange(next);
        }}
      >
        <Base.Label className="text-body font-medium text-ink">{label}</Base.Label>
        <Base.Trigger className="control flex w-full items-center justify-between gap-2 rounded-control border border-control bg-surface px-3 text-start text-body text-ink data-disabled:bg-sunken data-disabled:text-muted">
          <Base.Value />
          <Icon of={ChevronDown} />
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner alignItemWithTrigger={false} sideOffset={4} className="z-40 outline-none">
            <Base.Popup className="max-h-(--available-height) min-w-(--anchor-width) overflow-y-auto rounded-card border border-line bg-raised py-1 text-ink shadow-popover outline-none">
              <Base.List>
                {options.map((option) => (
                  <Base.Item
                    key={option.value}
                    value={option.value}
                    className="control flex cursor-pointer items-center gap-2 px-3 py-1 text-body outline-none data-highlighted:bg-sunken"
                  >
                    <span className="size-4 shrink-0">
                      <Base.ItemIndicator>
                        <Icon of={Check} />
                      </Base.ItemIndicator>
                    </span>
                    <span>
                      <Base.ItemText>{option.label}</Base.ItemText>
                      {option.description && <span className="block text-caption text-muted">{option.description}</span>}
                    </span>
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
      {help && <p className="text-dense text-muted">{help}</p>}
    </div>
  );
}
