import { Check, Circle, CircleDot, X } from 'lucide-react';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';

export type StageState = 'done' | 'active' | 'waiting' | 'failed';

const MARKS = {
  done: { icon: Check, look: 'text-success' },
  active: { icon: CircleDot, look: 'font-medium text-accent-text' },
  waiting: { icon: Circle, look: 'text-faint' },
  failed: { icon: X, look: 'font-medium text-danger' },
} as const;

export interface Stage {
  id: string;
  label: string;
  state: StageState;
}

/**
 * Long work by stages, in words. The bar shows counted progress only, and never moves by itself.
 * @param count "41 of 118 pages", where there is something to count
 */
export function StageProgress({
  label,
  stages,
  count,
  done,
  total,
}: {
  label: string;
  stages: readonly Stage[];
  count?: string | undefined;
  done?: number | undefined;
  total?: number | undefined;
}) {
  const t = useText();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <ol aria-label={label} className="flex flex-wrap gap-x-3 gap-y-1 text-dense">
        {stages.map((stage) => (
          <li key={stage.id} className={`inline-flex items-center gap-1 ${MARKS[stage.state].look}`}>
            <Icon of={MARKS[stage.state].icon} />
            {stage.label}
            <span className="sr-only">{t(`stage.${stage.state}`)}</span>
          </li>
        ))}
      </ol>
      {count && <p className="text-caption text-muted tabular-nums">{count}</p>}
      {total !== undefined && total > 0 && <progress aria-label={label} className="progress" value={done ?? 0} max={total} />}
    </div>
  );
}
