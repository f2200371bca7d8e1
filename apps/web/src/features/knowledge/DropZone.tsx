import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { useKeys } from '../../frame/use-keys.ts';

const ACCEPT =
  '.pdf,.docx,.pptx,.xlsx,.csv,.tsv,.html,.htm,.md,.markdown,.txt,.text,.log,.rst,.json,.jsonl,.epub,.eml,text/plain,text/markdown,text/html,text/csv,application/json,application/pdf,message/rfc822';

/** A button that files can also be dropped on. */
export function DropZone({ disabledReason, onFiles }: { disabledReason?: string | undefined; onFiles: (files: File[]) => void }) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const pick = () => {
    if (disabledReason === undefined) input.current?.click();
  };
  useKeys({ u: pick });
  return (
    <>
      <button
        type="button"
        aria-disabled={disabledReason !== undefined || undefined}
        title={disabledReason}
        onClick={pick}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(disabledReason === undefined);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (disabledReason === undefined) onFiles([...event.dataTransfer.files]);
        }}
        className={`flex w-full flex-col items-center gap-1 rounded-card border border-dashed p-6 text-body transition-colors aria-disabled:opacity-60 ${over ? 'border-accent bg-accent-soft' : 'border-control bg-surface hover:not-aria-disabled:bg-sunken'}`}
      >
        <Icon of={Upload} size={20} />
        <span className="font-medium">{t('upload.drop')}</span>
        <span className="text-dense text-muted">{disabledReason ?? t('upload.kinds')}</span>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
