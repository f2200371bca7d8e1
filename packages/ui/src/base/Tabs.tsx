import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

interface Tab<V extends string> {
  value: V;
  label: ReactNode;
  content: ReactNode;
}

/** Tabs whose choice lives with the caller, usually in the address. Only the shown panel is mounted. */
export function Tabs<V extends string>({
  label,
  value,
  onValueChange,
  tabs,
}: {
  label: string;
  value: V;
  onValueChange: (value: V) => void;
  tabs: readonly Tab<V>[];
}) {
  return (
    <Base.Root value={value} onValueChange={(next: V) => onValueChange(next)} className="flex min-w-0 flex-col">
      <div className="overflow-x-auto border-b border-line">
        <Base.List aria-label={label} activateOnFocus={false} className="flex min-w-max gap-1">
          {tabs.map((tab) => (
            <Base.Tab
              key={tab.value}
              value={tab.value}
              className="control -mb-px border-b-2 border-transparent px-3 text-body font-medium text-muted -outline-offset-2 hover:text-ink data-active:border-accent data-active:text-ink"
            >
              {tab.label}
            </Base.Tab>
          ))}
        </Base.List>
      </div>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="min-w-0 pt-5 outline-offset-4">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
