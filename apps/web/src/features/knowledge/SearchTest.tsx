import type { contract, Output } from '@privexbot/contract';
import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import type { InKnowledge } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';

type Result = Output<(typeof contract)['knowledge']['search']>;
type Hit = Result['hits'][number];

/** A question and the passages it finds, each with the parts of its score. */
export function SearchTest({ params }: { params: InKnowledge }) {
  const { t, formats } = useTexts();
  const reason = useReason()('ai.invoke');
  const [result, setResult] = useState<Result>();
  const form = useForm({
    initial: { text: '' },
    check: ({ text }) => (text.trim() ? {} : { text: t('error.question_empty') }),
    submit: async ({ text }) => setResult(await (await api()).knowledge.search({ params, body: { text, limit: 20 } })),
  });
  return (
    <div className="flex flex-col gap-4">
      <form {...form.form} className="flex max-w-2xl flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1">
          <TextField {...form.field('text')} dir="auto" label={t('search.question')} maxLength={LIMITS.questionLength} autoComplete="off" />
        </div>
        <Button type="submit" variant="primary" busy={form.busy} disabledReason={reason}>
          {t('search.action')}
        </Button>
      </form>
      {form.failure && <ErrorNote title={t('search.failed')} failure={form.failure} />}
      {result && (
        <p role="status" className="text-dense text-muted">
          {t('search.found', { count: result.hits.length, milliseconds: formats.number(result.milliseconds) })}
        </p>
      )}
      {result?.hits.length === 0 && <EmptyState title={t('search.nothing')}>{t('search.nothingText')}</EmptyState>}
      <ol className="flex flex-col gap-3">
        {result?.hits.map((hit) => (
          <HitView key={`${hit.document}-${hit.passage.ordinal}`} hit={hit} params={params} />
        ))}
      </ol>
    </div>
  );
}

function HitView({ hit, params }: { hit: Hit; params: InKnowledge }) {
  const { t, formats } = useTexts();
  const { passage } = hit;
  const parts = [
    { label: t('search.score'), value: hit.score },
    { label: t('search.words'), value: hit.words },
    { label: t('search.meaning'), value: hit.meaning },
  ];
  return (
    <li className="flex flex-col gap-2 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <Link
          to="/o/$org/w/$workspace/knowledge/$knowledge/documents/$document"
          params={{ ...params, document: hit.document }}
          search={{ passage: String(passage.ordinal) }}
          className="font-medium text-accent-text hover:underline"
        >
          <bdi>{hit.documentName}</bdi>
        </Link>
        <span className="text-dense text-muted">
          {[...(passage.page === undefined ? [] : [t('citation.page', { page: passage.page })]), ...passage.headings].join(' · ')}
        </span>
      </div>
      <p dir="auto" className="line-clamp-4 max-w-[72ch] text-body whitespace-pre-wrap">
        {passage.text}
      </p>
      <dl className="grid max-w-md grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 text-dense">
        {parts.map(({ label, value }) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd aria-hidden className="h-1.5 rounded-full bg-sunken">
              <div className="h-full rounded-full bg-accent" style={{ width: `${Math.round(value * 100)}%` }} />
            </dd>
            <dd className="text-end tabular-nums">{formats.number(value)}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
