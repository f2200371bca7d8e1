import { ArrowUp, Square } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useEffectEvent, useRef, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { DestinationLine } from '../state/DestinationLine.tsx';
import { useText } from '../text/TextProvider.tsx';
import { useEnvironment } from '../verification/EnvironmentProvider.tsx';
import { useFirstWarning } from '../verification/use-first-warning.ts';

const WarningNote = lazy(async () => ({ default: (await import('../verification/WarningNote.tsx')).WarningNote }));

interface ComposerProps {
  label: string;
  destinations: readonly string[];
  busy: boolean;
  /** Longest question, in UTF-16 units. */
  limit: number;
  disabledReason?: string | undefined;
  /** What the answer needs is still on its way: what is sent now waits for it. */
  isPreparing?: boolean;
  onSend: (question: string) => void;
  onStop: () => void;
  /** The question that Arrow Up brings back into an empty field. */
  lastQuestion?: string | undefined;
  children?: ReactNode;
}

/** Where a question is typed. Until the server is checked, what is sent waits here; if it cannot be verified, it stays here. Enter sends, Shift Enter breaks the line, Escape stops; Send and Stop share one place. */
export function Composer({
  label,
  destinations,
  busy,
  limit,
  disabledReason,
  isPreparing = false,
  onSend,
  onStop,
  lastQuestion,
  children,
}: ComposerProps) {
  const t = useText();
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const over = text.length - limit;
  const { gate } = useEnvironment();
  const isClosed = gate === 'closed';
  const mustWait = gate === 'waiting' || isPreparing;
  const [held, setHeld] = useState(false);
  const warning = useFirstWarning();
  const reason = disabledReason ?? (isClosed ? t('gate.closed') : over > 0 ? t('composer.tooLong', { over }) : undefined);

  function send(): void {
    if (busy || reason || !text.trim()) return;
    if (mustWait) {
      setHeld(true);
      return;
    }
    onSend(text.trim());
    warning.onSend();
    setText('');
    field.current?.focus();
  }

  const sendHeld = useEffectEvent(send);
  useEffect(() => {
    if (!held || (mustWait && !isClosed)) return;
    setHeld(false);
    sendHeld();
  }, [held, mustWait, isClosed]);

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
            } else if (event.key === 'Escape' && held) {
              event.stopPropagation();
              setHeld(false);
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
            busy={held}
          >
            <Icon of={ArrowUp} size={20} />
          </Button>
        )}
      </form>
      <p role="status" className="px-1 text-dense text-muted empty:hidden">
        {held ? t('gate.waiting') : ''}
      </p>
      <Suspense>{warning.isNamed && <WarningNote />}</Suspense>
      {over > 0 && (
        <p role="alert" className="text-dense font-medium text-danger">
          {t('composer.tooLong', { over })}
        </p>
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-3 px-1">
        {!isPreparing && <DestinationLine destinations={destinations} />}
        {children}
      </div>
    </div>
  );
}
