import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';

/** To the page before and after; nothing where all fits on one. */
export function PageButtons({
  from,
  found,
  size,
  onChange,
}: {
  from: number;
  found: number;
  size: number;
  onChange: (from: number) => void;
}) {
  const t = useText();
  if (found <= size) return null;
  return (
    <div className="flex items-center gap-2">
      <Button size="sm" disabledReason={from === 0 ? t('members.firstPage') : undefined} onClick={() => onChange(Math.max(0, from - size))}>
        {t('common.previous')}
      </Button>
      <Button size="sm" disabledReason={from + size >= found ? t('members.lastPage') : undefined} onClick={() => onChange(from + size)}>
        {t('common.next')}
      </Button>
      <span className="text-dense text-muted">{t('members.range', { from: from + 1, to: Math.min(from + size, found), found })}</span>
    </div>
  );
}
