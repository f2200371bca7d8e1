import { Combobox as Base } from '@base-ui/react/combobox';
import { Check } from 'lucide-react';
import type { ReactElement } from 'react';
import { Icon } from './Icon.tsx';

export interface ComboboxItem {
  value: string;
  label: string;
  /** A second line that is searched as well. */
  detail?: string;
}

/** A button that opens a list to type into. The label names the list and its field. */
export function Combobox({
  trigger,
  label,
  empty,
  items,
  value,
  onValueChange,
}: {
  trigger: ReactElement;
  label: string;
  /** Said when nothing fits what was typed. */
  empty: string;
  items: readonly ComboboxItem[];
  value: string;
  onValueChange: (value: string) => void;
}) {
  const chosen = items.find((item) => item.value === value) ?? null;
  return (
    <Base.Root
      items={items}
      autoHighlight
      value={chosen}
      itemToStringLabel={(item: ComboboxItem) => `${item.label} ${item.detail ?? ''}`}
      isItemEqualToValue={(a: ComboboxItem, b: ComboboxItem) => a.value === b.value}
      onValueChange={(next: ComboboxItem | null) => {
        if (next) onValueChange(next.value);
      }}
    >
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="start" sideOffset={4} className="z-40 outline-none">
          <Base.Popup
            aria-label={label}
            className="w-72 max-w-[90vw] rounded-card border border-line bg-raised text-ink shadow-popover outline-none"
          >
            <Base.Input
              aria-label={label}
              placeholder={label}
              className="control w-full border-b border-line bg-transparent px-3 text-body outline-none"
            />
            <Base.Empty className="px-3 py-2 text-body text-muted empty:hidden">{empty}</Base.Empty>
            <Base.List className="max-h-72 overflow-y-auto py-1 data-empty:py-0">
              {(item: ComboboxItem) => (
                <Base.Item
                  key={item.value}
                  value={item}
                  className="control flex cursor-pointer items-center gap-2 px-3 py-1 text-body outline-none data-highlighted:bg-sunken"
                >
                  <span className="size-4 shrink-0">
                    <Base.ItemIndicator>
                      <Icon of={Check} />
                    </Base.ItemIndicator>
                  </span>
                  <span className="min-w-0">
                    <span className="block truncate">
                      <bdi>{item.label}</bdi>
                    </span>
                    {item.detail && <span className="block truncate text-caption text-muted">{item.detail}</span>}
                  </span>
                </Base.Item>
              )}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
