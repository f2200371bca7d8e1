import type { CitedPassage } from '@privexbot/contract';
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type * as z from 'zod';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import type { Failure } from '../failure.ts';
import { ErrorNote } from '../state/ErrorNote.tsx';
import { Skeleton } from '../state/Skeleton.tsx';
import { useText } from '../text/TextProvider.tsx';
import { placeInDocument } from './Citation.tsx';

export type OpenedPassage = z.output<typeof CitedPassage>;

/** A passage between its neighbours, with exactly the cited span marked and scrolled to. */
export function PassageText({ passage }: { passage: OpenedPassage }) {
  const mark = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another passage scrolls to its own mark
  useEffect(() => void mark.current?.scrollIntoView({ block: 'center' }), [passage]);
  const { before, after, passage: text, start, end } = passage;
  return (
    <div dir="auto" className="max-w-[72ch] text-reading whitespace-pre-wrap text-muted">
      {before}
      <span className="text-ink">
        {text.slice(0, start)}
        <mark
          ref={mark}
          className="rounded-chip border border-transparent bg-accent-soft text-ink underline decoration-accent decoration-2 underline-offset-4"
        >
          {text.slice(start, end)}
        </mark>
        {text.slice(end)}
      </span>
      {after}
    </div>
  );
}

export type Opening = { state: 'loading' } | { state: 'failed'; failure: Failure } | { state: 'open'; passage: OpenedPassage };

/** A native modal dialog, so that the widget needs no library for it: focus stays inside, Escape closes, focus goes back. */
export function PassageSheet({ opening, onClose, onRetry }: { opening: Opening | undefined; onClose: () => void; onRetry?: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = opening !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const passage = opening?.state === 'open' ? opening.passage : undefined;
  return (
    <dialog
      ref={dialog}
      aria-label={t('passage.label')}
      onClose={onClose}
      closedby="any"
      className="ms-auto mt-0 h-dvh max-h-none w-full max-w-xl border-s border-line bg-surface text-ink shadow-dialog backdrop:bg-scrim open:flex open:flex-col"
    >
      <header className="flex items-start gap-3 border-b border-line p-4">
        <div className="min-w-0 flex-1">
          <h2 className="text-h2 font-semibold">
            <bdi>{passage?.documentName ?? t('passage.label')}</bdi>
          </h2>
          {passage && <p className="text-dense text-muted">{placeInDocument(t, passage).join(' · ')}</p>}
        </div>
        <Button
          variant="quiet"
          size="icon"
          aria-label={t('dialog.close')}
          title={t('dialog.close')}
          onClick={() => dialog.current?.close()}
        >
          <Icon of={X} />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable) */}
      <div className="min-h-0 flex-1 overflow-y-auto p-4" tabIndex={0}>
        {opening?.state === 'loading' && <Skeleton rows={6} className="h-5" />}
        {opening?.state === 'failed' && <ErrorNote title={t('passage.failed')} failure={opening.failure} onRetry={onRetry} />}
        {passage && <PassageText passage={passage} />}
      </div>
    </dialog>
  );
}
