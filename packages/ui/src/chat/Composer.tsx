import { ArrowUp, Square } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { DestinationLine } from '../state/DestinationLine.tsx';
import { useText } from '../text/TextProvider.tsx';

interface ComposerProps {
  label: string;
  destinations: readonly string[];
  busy: boolean;
  /** Longest question, in UTF-16 units. */
  limit: number;
  disabledReason?: string | undefined;
  onSend: (question: string) => void;
  onStop: () => void;
  /** The question that Arrow Up brings back into an empty field. */
  lastQuestion?: string | undefined;
  children?: ReactNode;
}

/** Where a question is typed. Enter sends, Shift Enter breaks the line, Escape stops; Send and Stop share one place. */
export function Composer({ label, destinations, busy, limit, disabledReason, onSend, onStop, lastQuestion, children }: ComposerProps) {
  const t = useText();
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const over = text.length - limit;
  const reason = disabledReason ?? (over > 0 ? t('composer.tooLong', { over }) : undefined);

  function send(): void {
    if (busy || reason || !text.trim()) return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  }

  return (
    <div className="flex flex-col gap-1">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="flex items-end gap-2 rounded-card border border-control bg-surface p-1.5 has-[textarea:focus-visible]:outline-2 has-[textarea:focus-visible]:outline-offset-2 has-[textarea:focus-visible]:outline-focus"
      >
        <textarea
          ref={field}
          dir="auto"
          rows={1}
          aria-label={label}
          placeholder={label}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              send();
            } else if (event.key === 'Escape' && busy) {
              event.stopPropagation();
              onStop();
            } else if (event.key === 'ArrowUp' && !text && lastQuestion) {
              event.preventDefault();
              setText(lastQuestion);
            }
          }}
          className="field-sizing-content max-h-40 min-h-9 min-w-0 flex-1 resize-none bg-transparent px-2 py-2 text-body text-ink outline-none pointer-coarse:text-reading"
        />
        {busy ? (
          <Button key="stop" size="icon" aria-label={t('composer.stop')} title={t('composer.stop')} onClick={onStop}>
            <Icon of={Square} />
          </Button>
        ) : (
          <Button
            key="send"
            type="submit"
            variant="primary"
            size="icon"
            aria-label={t('composer.send')}
            title={t('composer.send')}
            disabledReason={reason}
          >
            <Icon of={ArrowUp} size={20} />
          </Button>
        )}
      </form>
      {over > 0 && (
        <p role="alert" className="text-dense font-medium text-danger">
          {t('composer.tooLong', { over })}
        </p>
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-3 px-1">
        <DestinationLine destinations={destinations} />
        {children}
      </div>
    </div>
  );
}
