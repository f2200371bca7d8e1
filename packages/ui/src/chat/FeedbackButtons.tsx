import type { FEEDBACK_REASONS } from '@privexbot/contract';
import { ThumbsDown, ThumbsUp } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../base/Button.tsx';
import { RadioGroup } from '../base/Checkbox.tsx';
import { TextArea } from '../base/Field.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';

export type FeedbackReason = (typeof FEEDBACK_REASONS)[number];
export interface Vote {
  vote: 'up' | 'down' | null;
  reason?: FeedbackReason;
  text?: string;
}

const REASONS: readonly FeedbackReason[] = ['wrong', 'incomplete', 'no_source', 'other'];

/** Thumbs. A thumb pressed again is taken back; a thumb down may be explained. */
export function FeedbackButtons({ vote, onVote }: { vote: 'up' | 'down' | undefined; onVote: (vote: Vote) => void }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  function press(pressed: 'up' | 'down'): void {
    onVote({ vote: vote === pressed ? null : pressed });
    setAsking(pressed === 'down' && vote !== 'down');
  }
  return (
    <>
      <Button
        size="icon"
        variant="quiet"
        aria-pressed={vote === 'up'}
        aria-label={t('feedback.up')}
        title={t('feedback.up')}
        onClick={() => press('up')}
      >
        <Icon of={ThumbsUp} className={vote === 'up' ? 'fill-current text-accent' : ''} />
      </Button>
      <Button
        size="icon"
        variant="quiet"
        aria-pressed={vote === 'down'}
        aria-label={t('feedback.down')}
        title={t('feedback.down')}
        onClick={() => press('down')}
      >
        <Icon of={ThumbsDown} className={vote === 'down' ? 'fill-current text-accent' : ''} />
      </Button>
      {asking && <WhyForm onSend={(why) => onVote({ vote: 'down', ...why })} onClose={() => setAsking(false)} />}
    </>
  );
}

function WhyForm({ onSend, onClose }: { onSend: (why: { reason: FeedbackReason; text?: string }) => void; onClose: () => void }) {
  const t = useText();
  const [reason, setReason] = useState<FeedbackReason>('wrong');
  const [text, setText] = useState('');
  return (
    <form
      className="mt-2 flex w-full flex-col gap-3 rounded-card border border-line bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ reason, ...(text.trim() ? { text: text.trim() } : {}) });
        onClose();
      }}
    >
      <RadioGroup
        legend={t('feedback.why')}
        value={reason}
        onValueChange={setReason}
        options={REASONS.map((value) => ({ value, label: t(`feedback.reason.${value}`) }))}
      />
      <TextArea
        label={t('feedback.more')}
        optional={t('field.optional')}
        rows={2}
        maxLength={1_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onClose}>
          {t('feedback.skip')}
        </Button>
        <Button size="sm" variant="primary" type="submit">
          {t('feedback.send')}
        </Button>
      </div>
    </form>
  );
}
