import { useState } from 'react';
import { Button } from '../base/Button.tsx';
import { TextArea } from '../base/Field.tsx';
import { useText } from '../text/TextProvider.tsx';

/** Changes a question that was asked; sending it makes a branch. */
export function EditQuestion({
  question,
  onSend,
  onCancel,
}: {
  question: string;
  onSend: (question: string) => void;
  onCancel: () => void;
}) {
  const t = useText();
  const [text, setText] = useState(question);
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onSend(text.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <TextArea label={t('chat.edit')} autoFocus rows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <div className="flex justify-end gap-2">
        <Button size="sm" onClick={onCancel}>
          {t('dialog.cancel')}
        </Button>
        <Button size="sm" variant="primary" type="submit">
          {t('composer.send')}
        </Button>
      </div>
    </form>
  );
}
