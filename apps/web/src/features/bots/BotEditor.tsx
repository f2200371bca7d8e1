import type { BotSettings } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useRef, useState } from 'react';
import { toFailure } from '../../api.ts';
import { useKeys } from '../../frame/use-keys.ts';
import type { Place } from '../../queries.ts';
import { BotForm } from './BotForm.tsx';
import { BotPreview } from './BotPreview.tsx';
import type { Draft } from './use-draft.ts';

/** The form with the draft's own chat beside it; under 1024 px they take turns. */
export function BotEditor({
  draft,
  place,
  live,
  readOnly = false,
}: {
  draft: Draft;
  place: Place;
  live: BotSettings | undefined;
  readOnly?: boolean;
}) {
  const { t } = useTexts();
  const [side, setSide] = useState<'form' | 'preview'>('form');
  const preview = useRef<HTMLDivElement>(null);
  useKeys({
    // Nothing is ever unsaved for long, so the habit of saving does no harm.
    'Ctrl+s': () => void draft.flush().catch(() => undefined),
    'Alt+p': () => {
      setSide('preview');
      // On a narrow screen the preview is shown first, and can take the focus then.
      requestAnimationFrame(() => preview.current?.querySelector('textarea')?.focus());
    },
  });
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className="flex gap-2 lg:hidden">
        {(['form', 'preview'] as const).map((which) => (
          <Button
            key={which}
            variant={side === which ? 'primary' : 'secondary'}
            aria-pressed={side === which}
            onClick={() => setSide(which)}
          >
            {t(`bots.side.${which}`)}
          </Button>
        ))}
      </div>
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
        <div className={`flex min-w-0 flex-col gap-4 ${side === 'form' ? '' : 'max-lg:hidden'}`}>
          <BotForm settings={draft.settings} live={live} place={place} disabled={readOnly} onChange={draft.change} />
          <SaveLine draft={draft} />
        </div>
        <div ref={preview} className={`min-w-0 ${side === 'preview' ? '' : 'max-lg:hidden'}`}>
          <BotPreview draft={draft} place={place} />
        </div>
      </div>
    </div>
  );
}

/** When the draft was saved, or why it was not and how to go on. */
function SaveLine({ draft }: { draft: Draft }) {
  const { t, formats } = useTexts();
  const { saving } = draft;
  if (saving?.state !== 'failed') {
    return (
      <p role="status" className="text-dense text-muted">
        {saving?.state === 'saving' && t('bots.saving')}
        {saving?.state === 'saved' && t('bots.saved', { time: formats.time(saving.at) })}
      </p>
    );
  }
  const failure = toFailure(saving.error);
  return (
    <ErrorNote
      title={t('bots.notSaved')}
      failure={failure}
      onRetry={failure.code === 'conflict' ? undefined : () => void draft.flush().catch(() => undefined)}
    >
      {failure.code === 'conflict' && (
        <Button size="sm" onClick={() => void draft.takeTheirs()}>
          {t('bots.loadTheirs')}
        </Button>
      )}
    </ErrorNote>
  );
}
