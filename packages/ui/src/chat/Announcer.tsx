import { useEffect, useState } from 'react';
import { useText } from '../text/TextProvider.tsx';
import type { ShownTurn } from './turns.ts';

const REMIND_MS = 7_000;

/**
 * What a screen reader hears of a chat. The visible answer changes with every piece and is not live;
 * here the finished answer arrives once, by paragraph, and a status says that it is under way or ready.
 */
export function Announcer({ turn }: { turn: ShownTurn | undefined }) {
  const t = useText();
  const [status, setStatus] = useState('');
  const [heard, setHeard] = useState<{ key: string; paragraphs: string[] }>();
  const streaming = turn?.state === 'streaming';
  const key = turn?.key;

  useEffect(() => {
    if (!streaming) return;
    setStatus(t('chat.answering'));
    // Alternates by an invisible mark, since a repeated text is not said again.
    let count = 0;
    const timer = setInterval(() => setStatus(t('chat.stillAnswering') + '\u200b'.repeat(count++ % 2)), REMIND_MS);
    return () => {
      clearInterval(timer);
      setStatus(t('chat.answerReady'));
    };
  }, [streaming, t]);

  const finished = turn && !streaming && turn.answer ? turn.answer : undefined;
  useEffect(() => {
    if (key && finished) setHeard((last) => (last?.key === key ? last : { key, paragraphs: spoken(finished) }));
  }, [key, finished]);

  return (
    <div className="sr-only">
      <div role="status">{status}</div>
      <div role="log" aria-label={t('chat.log')}>
        {heard?.paragraphs.map((paragraph, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the paragraphs of a finished answer never move
          <p key={`${heard.key}-${index}`}>{paragraph}</p>
        ))}
      </div>
    </div>
  );
}

/** The answer without Markdown's marks, cut at empty lines. */
function spoken(answer: string): string[] {
  return answer
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replace(/\[\d+\]|[*_`#>|]/g, '').trim())
    .filter(Boolean);
}
