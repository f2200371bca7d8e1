import { Button } from '@privexbot/ui/base/Button.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { AuditFilter } from '../../queries.ts';
import { DOMAINS } from './action-words.ts';

/** Narrows the log by subject and days; by person and thing from an entry. All of it stands in the address. */
export function FilterBar({ search, onChange }: { search: AuditFilter; onChange: (next: AuditFilter) => void }) {
  const t = useText();
  const { action, actor, target, from = '', to = '' } = search;
  return (
    <search aria-label={t('audit.filters')} className="flex flex-wrap items-end gap-3">
      <div className="w-60">
        <Select
          label={t('audit.filter')}
          value={DOMAINS.find((domain) => domain === action) ?? 'all'}
          options={DOMAINS.map((value) => ({ value, label: t(`audit.about.${value}`) }))}
          onValueChange={(next) => onChange({ ...search, action: next === 'all' ? undefined : next })}
        />
      </div>
      <div className="w-44">
        <TextField
          label={t('audit.from')}
          type="date"
          value={from}
          max={to || undefined}
          onChange={(event) => onChange({ ...search, from: event.currentTarget.value })}
        />
      </div>
      <div className="w-44">
        <TextField
          label={t('audit.to')}
          type="date"
          value={to}
          min={from || undefined}
          onChange={(event) => onChange({ ...search, to: event.currentTarget.value })}
        />
      </div>
      {actor && (
        <Button onClick={() => onChange({ ...search, actor: undefined })}>
          {t('audit.anyActor')} <code className="font-mono text-dense">{actor}</code>
        </Button>
      )}
      {target && (
        <Button onClick={() => onChange({ ...search, target: undefined })}>
          {t('audit.anyTarget')} <code className="font-mono text-dense">{target}</code>
        </Button>
      )}
    </search>
  );
}
