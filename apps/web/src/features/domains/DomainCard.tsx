import { Button } from '@privexbot/ui/base/Button.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import { useMutation } from '@tanstack/react-query';
import { toFailure } from '../../api.ts';
import type { Domain } from './queries.ts';

const STATES = {
  pending: { tone: 'neutral', word: messageId('domains.pending') },
  verified: { tone: 'success', word: messageId('domains.verified') },
  lapsed: { tone: 'danger', word: messageId('domains.lapsed') },
} as const;

const FINDINGS: Record<NonNullable<Domain['finding']>, MessageId> = {
  found: messageId('domains.found'),
  missing: messageId('domains.missing'),
  different: messageId('domains.different'),
  unreachable: messageId('domains.unreachable'),
  taken: messageId('domains.taken'),
};

/** One domain: its state, the record that proves it, what the last look found. */
export function DomainCard({
  domain,
  onCheck,
  onRemove,
}: {
  domain: Domain;
  onCheck: () => Promise<void>;
  /** Absent for whoever may not. */
  onRemove?: () => void;
}) {
  const { t, formats } = useTexts();
  const { name, state, record, checkedAt, finding, lapsesAt } = domain;
  const check = useMutation({ mutationFn: onCheck });
  return (
    <section aria-label={name} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="min-w-0 flex-1 text-reading font-semibold break-all" dir="ltr">
          {name}
        </h2>
        <Chip tone={STATES[state].tone}>{t(STATES[state].word)}</Chip>
      </div>
      <dl className="flex flex-col gap-2">
        <Copied term={t('domains.recordName')} value={record.name} label={t('domains.copyName')} />
        <Copied term={t('domains.recordValue')} value={record.value} label={t('domains.copyValue')} />
      </dl>
      <p role="status" className={`text-body ${lapsesAt || state === 'lapsed' ? 'text-danger' : 'text-muted'}`}>
        {finding && checkedAt ? t(FINDINGS[finding], { time: formats.dateTime(checkedAt) }) : t('domains.notChecked')}
        {lapsesAt && ` ${t('domains.lapsesAt', { time: formats.dateTime(lapsesAt) })}`}
      </p>
      {check.error && <ErrorNote title={t('domains.checkFailed')} failure={toFailure(check.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button
          size="sm"
          variant={state === 'verified' ? 'secondary' : 'primary'}
          busy={check.isPending}
          aria-label={t('domains.checkNamed', { name })}
          onClick={() => check.mutate()}
        >
          {t('domains.check')}
        </Button>
        {onRemove && (
          <Button size="sm" aria-label={t('domains.removeNamed', { name })} onClick={onRemove}>
            {t('domains.remove')}
          </Button>
        )}
      </div>
    </section>
  );
}

function Copied({ term, value, label }: { term: string; value: string; label: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <dt className="w-36 shrink-0 text-dense text-muted">{term}</dt>
      <dd className="flex min-w-0 flex-1 basis-48 items-center gap-2">
        <code dir="ltr" className="min-w-0 flex-1 rounded-control bg-sunken px-2 py-1 font-mono text-dense break-all select-all">
          {value}
        </code>
        <CopyButton text={value} label={label} />
      </dd>
    </div>
  );
}
