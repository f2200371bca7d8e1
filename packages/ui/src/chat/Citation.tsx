import type { Citation as CitationData } from '@privexbot/contract';
import { useId, useLayoutEffect, useRef, useState } from 'react';
import { useText } from '../text/TextProvider.tsx';
import type { Translate } from '../text/texts.ts';

const EDGE_PX = 8;
const WIDTH_PX = 320;

/** A superscript number that shows its quote on hover and focus, and opens the passage when pressed. */
export function Citation({ citation, onOpen }: { citation: CitationData; onOpen: () => void }) {
  const t = useText();
  const cardId = useId();
  const button = useRef<HTMLButtonElement>(null);
  const card = useRef<HTMLSpanElement>(null);
  const [shown, setShown] = useState(false);

  // The card stands in the top layer, so the scrolling list around it cannot cut it off.
  useLayoutEffect(() => {
    const popup = card.current;
    const anchor = button.current?.getBoundingClientRect();
    if (!shown || !popup || !anchor) return;
    popup.showPopover();
    const left = Math.min(
      Math.max(anchor.left + anchor.width / 2 - popup.offsetWidth / 2, EDGE_PX),
      innerWidth - popup.offsetWidth - EDGE_PX,
    );
    const above = anchor.top - popup.offsetHeight - EDGE_PX;
    popup.style.left = `${left}px`;
    popup.style.top = `${above > EDGE_PX ? above : anchor.bottom + EDGE_PX}px`;
    return () => popup.hidePopover();
  }, [shown]);

  return (
    <span className="whitespace-nowrap">
      <button
        ref={button}
        type="button"
        aria-label={t('citation.open', { number: citation.number, document: citation.documentName })}
        aria-describedby={shown ? cardId : undefined}
        onClick={() => {
          setShown(false);
          onOpen();
        }}
        onPointerEnter={(event) => event.pointerType === 'mouse' && setShown(true)}
        onPointerLeave={() => setShown(false)}
        onFocus={() => setShown(true)}
        onBlur={() => setShown(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !shown) return;
          event.stopPropagation();
          setShown(false);
        }}
        className="mx-0.5 inline-flex min-h-6 min-w-6 items-center justify-center rounded-chip border border-transparent bg-accent-soft px-1 align-[0.15em] text-caption font-medium text-accent-text tabular-nums hover:underline"
      >
        {citation.number}
      </button>
      <span
        ref={card}
        id={cardId}
        popover="manual"
        role="tooltip"
        style={{ width: `min(${WIDTH_PX}px, calc(100vw - ${2 * EDGE_PX}px))` }}
        className="fixed inset-auto m-0 rounded-card border border-line bg-raised p-3 text-start text-dense whitespace-normal text-ink shadow-popover"
      >
        <span dir="auto" className="line-clamp-6 block">
          “{citation.quote}”
        </span>
        <span className="mt-2 block text-caption text-muted">{[citation.documentName, ...placeInDocument(t, citation)].join(' · ')}</span>
      </span>
    </span>
  );
}

type Place = Pick<CitationData, 'page' | 'headings'>;

/** Page and innermost heading, as far as the document has them. */
export function placeInDocument(t: Translate, { page, headings }: Place): string[] {
  return [...(page === undefined ? [] : [t('citation.page', { page })]), ...headings.slice(-1)];
}
