import type { BotSettings } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

type Field = keyof BotSettings;

/** A part of the form that folds. Folded, it says its value; changed against the live version, it says so and can be taken back. */
export function FormSection({
  title,
  summary,
  open = false,
  changed,
  onDiscard,
  children,
}: {
  title: string;
  summary?: string;
  open?: boolean;
  changed: readonly Field[];
  onDiscard: (fields: readonly Field[]) => void;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <details open={open} className="group rounded-card border border-line bg-surface">
      <summary className="control flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
        <Icon of={ChevronRight} mirror className="text-muted transition-transform group-open:rotate-90 rtl:group-open:-rotate-90" />
        <h2 className="text-reading font-semibold">{title}</h2>
        {summary && <span className="min-w-0 truncate text-dense text-muted group-open:hidden">{summary}</span>}
        {changed.length > 0 && <Chip tone="warning">{t('bots.changed')}</Chip>}
      </summary>
      <div className="flex flex-col gap-4 px-4 pt-1 pb-4">
        {children}
        {changed.length > 0 && (
          <Button size="sm" className="self-start" onClick={() => onDiscard(changed)}>
            {t('bots.discard')}
          </Button>
        )}
      </div>
    </details>
  );
}
