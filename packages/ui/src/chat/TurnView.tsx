import type { Citation as CitationData } from '@privexbot/contract';
import { ChevronLeft, ChevronRight, Pencil, RotateCcw } from 'lucide-react';
import { memo, useCallback, useRef, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { ErrorNote } from '../state/ErrorNote.tsx';
import { useText, useTexts } from '../text/TextProvider.tsx';
import { Answer } from './Answer.tsx';
import { Citation } from './Citation.tsx';
import { CopyButton } from './CopyButton.tsx';
import { EditQuestion } from './EditQuestion.tsx';
import { FeedbackButtons, type Vote } from './FeedbackButtons.tsx';
import type { ShownTurn } from './turns.ts';

/** What a person may do with a turn; what is left out is not offered. */
export interface TurnActions {
  /** While one answer is under way the others can be read, not changed. */
  busy: boolean;
  onOpenCitation: (turn: ShownTurn, citation: CitationData) => void;
  onRetry: (turn: ShownTurn) => void;
  onEdit: (turn: ShownTurn, question: string) => void;
  onBranch: (turn: ShownTurn, step: 1 | -1) => void;
  onFeedback?: (turn: ShownTurn, vote: Vote) => void;
  /** Names a model by its id; given, each answer says its model, time and tokens. */
  nameModel?: (id: string) => string;
}

/** A question and its answer. */
export const TurnView = memo(function TurnView({ turn, actions }: { turn: ShownTurn; actions: TurnActions }) {
  const t = useText();
  const [editing, setEditing] = useState(false);
  return (
    <article aria-label={t('chat.turn')} className="flex flex-col gap-3">
      {editing ? (
        <EditQuestion
          question={turn.question}
          onCancel={() => setEditing(false)}
          onSend={(question) => {
            setEditing(false);
            actions.onEdit(turn, question);
          }}
        />
      ) : (
        <div className="flex max-w-[85%] flex-col items-end self-end">
          <p dir="auto" className="rounded-card border border-transparent bg-sunken px-3 py-2 text-reading whitespace-pre-wrap text-ink">
            <span className="sr-only">{t('chat.you')} </span>
            {turn.question}
          </p>
          <div className="flex">
            <Branches turn={turn} actions={actions} />
            {!actions.busy && (
              <Button size="icon" variant="quiet" aria-label={t('chat.edit')} title={t('chat.edit')} onClick={() => setEditing(true)}>
                <Icon of={Pencil} />
              </Button>
            )}
          </div>
        </div>
      )}
      <AnswerBlock turn={turn} actions={actions} />
    </article>
  );
});

function AnswerBlock({ turn, actions }: { turn: ShownTurn; actions: TurnActions }) {
  const t = useText();
  const { citations, state } = turn;
  const { onOpenCitation } = actions;
  // Read when pressed: a turn that grows must not make a new renderer of citations with each piece.
  const latest = useRef(turn);
  latest.current = turn;
  const cite = useCallback(
    (number: number) => {
      const citation = citations.find((candidate) => candidate.number === number);
      if (citation) return <Citation citation={citation} onOpen={() => onOpenCitation(latest.current, citation)} />;
      // Numbers arrive before the checked sources do; only a finished answer can say that one is missing.
      return state !== 'answered' && state !== 'unsure' ? (
        <sup>{number}</sup>
      ) : (
        <span className="text-dense text-muted">({t('citation.none')})</span>
      );
    },
    [citations, state, onOpenCitation, t],
  );
  return (
    <div className="flex flex-col gap-2">
      {turn.answer ? (
        <Answer text={turn.answer} cite={cite} />
      ) : (
        state === 'streaming' && <p className="text-body text-muted">{t('chat.searching')}</p>
      )}
      {state === 'unsure' && <p className="text-dense text-muted">{t('chat.unsure')}</p>}
      {state === 'stopped' && <p className="text-dense text-muted">{t('chat.stopped')}</p>}
      {state === 'incomplete' && <p className="text-dense font-medium text-warning">{t('chat.incomplete')}</p>}
      {state === 'failed' && turn.failure && (
        <ErrorNote title={t('chat.failed')} failure={turn.failure} onRetry={() => actions.onRetry(turn)} />
      )}
      {state !== 'streaming' && <AnswerFooter turn={turn} actions={actions} />}
    </div>
  );
}

function AnswerFooter({ turn, actions }: { turn: ShownTurn; actions: TurnActions }) {
  const { t, formats } = useTexts();
  return (
    <div className="flex flex-wrap items-center gap-1">
      {turn.answer && <CopyButton text={turn.answer} />}
      {!actions.busy && turn.state !== 'failed' && (
        <Button size="icon" variant="quiet" aria-label={t('chat.retry')} title={t('chat.retry')} onClick={() => actions.onRetry(turn)}>
          <Icon of={RotateCcw} />
        </Button>
      )}
      {actions.onFeedback && turn.id && turn.answer && (
        <FeedbackButtons vote={turn.feedback} onVote={(vote) => actions.onFeedback?.(turn, vote)} />
      )}
      {actions.nameModel && turn.tokens && (
        <p className="ms-auto text-caption text-muted tabular-nums">
          {t('chat.cost', {
            model: actions.nameModel(turn.model ?? ''),
            seconds: formats.number((turn.milliseconds ?? 0) / 1000),
            tokens: turn.tokens.input + turn.tokens.output,
          })}
        </p>
      )}
    </div>
  );
}

function Branches({ turn, actions }: { turn: ShownTurn; actions: TurnActions }) {
  const t = useText();
  if (turn.branches < 2) return null;
  return (
    <fieldset aria-label={t('chat.branches')} className="flex items-center text-dense text-muted tabular-nums">
      <Button
        size="icon"
        variant="quiet"
        aria-label={t('chat.previousBranch')}
        disabledReason={turn.branch === 1 ? t('chat.firstBranch') : undefined}
        onClick={() => actions.onBranch(turn, -1)}
      >
        <Icon of={ChevronLeft} mirror />
      </Button>
      {turn.branch}/{turn.branches}
      <Button
        size="icon"
        variant="quiet"
        aria-label={t('chat.nextBranch')}
        disabledReason={turn.branch === turn.branches ? t('chat.lastBranch') : undefined}
        onClick={() => actions.onBranch(turn, 1)}
      >
        <Icon of={ChevronRight} mirror />
      </Button>
    </fieldset>
  );
}
