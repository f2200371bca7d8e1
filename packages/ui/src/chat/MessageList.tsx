import { ArrowDown } from 'lucide-react';
import { type ReactNode, useMemo, useRef } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';
import { Announcer } from './Announcer.tsx';
import { useStickToBottom } from './stick-to-bottom.ts';
import { type TurnActions, TurnView } from './TurnView.tsx';
import type { ShownTurn } from './turns.ts';

/** The turns of a chat, following the newest text while the person is at the end. */
export function MessageList({ turns, actions, start }: { turns: readonly ShownTurn[]; actions: TurnActions; start?: ReactNode }) {
  const t = useText();
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { following, follow } = useStickToBottom(scroller, content);
  const stable = useStableActions(actions);
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable)
        tabIndex={0}
        aria-label={t('chat.messages')}
        className="h-full overflow-y-auto overscroll-contain p-4 -outline-offset-2"
      >
        <div ref={content} className="mx-auto flex max-w-[72ch] flex-col gap-5">
          {start}
          {turns.map((turn) => (
            <TurnView key={turn.key} turn={turn} actions={stable} />
          ))}
        </div>
      </section>
      {!following && (
        <Button
          size="sm"
          className="absolute start-1/2 bottom-3 -translate-x-1/2 rounded-full shadow-popover rtl:translate-x-1/2"
          onClick={follow}
        >
          <Icon of={ArrowDown} />
          {t('chat.newText')}
        </Button>
      )}
      <Announcer turn={turns.at(-1)} />
    </div>
  );
}

/** The same handlers over renders, so that a piece of text draws one turn again and not all. */
function useStableActions(actions: TurnActions): TurnActions {
  const latest = useRef(actions);
  latest.current = actions;
  const { busy } = actions;
  const takesFeedback = actions.onFeedback !== undefined;
  const namesModels = actions.nameModel !== undefined;
  return useMemo(
    () => ({
      busy,
      onOpenCitation: (...args) => latest.current.onOpenCitation(...args),
      onRetry: (...args) => latest.current.onRetry(...args),
      onEdit: (...args) => latest.current.onEdit(...args),
      onBranch: (...args) => latest.current.onBranch(...args),
      ...(takesFeedback ? { onFeedback: (...args) => latest.current.onFeedback?.(...args) } : {}),
      ...(namesModels ? { nameModel: (id: string) => latest.current.nameModel?.(id) ?? id } : {}),
    }),
    [busy, takesFeedback, namesModels],
  );
}
