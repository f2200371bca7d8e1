import { Button } from '@privexbot/ui/base/Button.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { type InKnowledge, PASSAGES_PER_PAGE, passagesQuery } from '../../queries.ts';

export interface Mark {
  passage: number;
  /** Offsets within the passage; the whole passage where they are left out. */
  start?: number | undefined;
  end?: number | undefined;
}

/** Passages in reading order, a page at a time, with an optional marked one scrolled to. */
export function PassageList({ params, mark }: { params: InKnowledge & { document: string }; mark?: Mark | undefined }) {
  const { t, formats } = useTexts();
  const [from, setFrom] = useState(mark ? Math.floor(mark.passage / PASSAGES_PER_PAGE) * PASSAGES_PER_PAGE : 0);
  const query = useQuery(passagesQuery(params, from));
  return (
    <Loaded query={query} failed={t('document.passagesFailed')}>
      {({ items, total }) => (
        <div className="flex flex-col gap-4">
          <ol className="flex flex-col gap-3">
            {items.map((passage) => (
              <li key={passage.ordinal} className="flex flex-col gap-1 rounded-card border border-line bg-surface p-4">
                <p className="text-caption text-muted">
                  {[
                    t('document.passageNumber', { number: passage.ordinal + 1 }),
                    ...(passage.page === undefined ? [] : [t('citation.page', { page: passage.page })]),
                    ...passage.headings,
                  ].join(' · ')}
                </p>
                <Marked text={passage.text} mark={mark?.passage === passage.ordinal ? mark : undefined} />
              </li>
            ))}
          </ol>
          {total > PASSAGES_PER_PAGE && (
            <nav aria-label={t('document.pages')} className="flex flex-wrap items-center gap-3">
              <Button disabledReason={from === 0 ? t('document.firstPage') : undefined} onClick={() => setFrom(from - PASSAGES_PER_PAGE)}>
                {t('common.previous')}
              </Button>
              <p className="text-dense text-muted tabular-nums">
                {t('document.range', {
                  from: formats.number(from + 1),
                  to: formats.number(from + items.length),
                  total: formats.number(total),
                })}
              </p>
              <Button
                disabledReason={from + items.length >= total ? t('document.lastPage') : undefined}
                onClick={() => setFrom(from + PASSAGES_PER_PAGE)}
              >
                {t('common.next')}
              </Button>
            </nav>
          )}
        </div>
      )}
    </Loaded>
  );
}

function Marked({ text, mark }: { text: string; mark: Mark | undefined }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => void ref.current?.scrollIntoView({ block: 'center' }), []);
  const { start = 0, end = text.length } = mark ?? {};
  return (
    <p dir="auto" className="max-w-[72ch] text-reading whitespace-pre-wrap">
      {mark ? (
        <>
          {text.slice(0, start)}
          <mark ref={ref} className="rounded-chip bg-accent-soft text-ink underline decoration-accent decoration-2 underline-offset-4">
            {text.slice(start, end)}
          </mark>
          {text.slice(end)}
        </>
      ) : (
        text
      )}
    </p>
  );
}
