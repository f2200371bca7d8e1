import { Button } from '@privexbot/ui/base/Button.tsx';
import { failureText } from '@privexbot/ui/failure.ts';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useUploads } from './UploadsContext.tsx';
import type { UploadItem } from './uploads.ts';

/** Files on their way into this knowledge base. Once received, a file goes on as a document below. */
export function UploadList({ knowledge }: { knowledge: string }) {
  const { t } = useTexts();
  const { uploads, items } = useUploads();
  const mine = items.filter((item) => item.target.knowledge === knowledge && item.state !== 'added');
  if (mine.length === 0) return null;
  const running = mine.filter((item) => item.state === 'waiting' || item.state === 'sending').length;
  return (
    <section aria-label={t('upload.list')} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p role="status" className="text-body tabular-nums">
          {t('upload.running', { running })}
        </p>
        {running < mine.length && (
          <Button size="sm" variant="quiet" onClick={uploads.clear}>
            {t('upload.clear')}
          </Button>
        )}
      </div>
      <ul className="flex max-h-80 flex-col divide-y divide-line overflow-y-auto rounded-card border border-line bg-surface">
        {mine.map((item) => (
          <UploadRow key={item.key} item={item} />
        ))}
      </ul>
    </section>
  );
}

function UploadRow({ item }: { item: UploadItem }) {
  const { t, formats } = useTexts();
  const { uploads } = useUploads();
  const { file, state, sentBytes, failure } = item;
  const running = state === 'waiting' || state === 'sending';
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <bdi className="min-w-0 flex-1 truncate font-medium">{file.name}</bdi>
      <span className="text-dense text-muted tabular-nums">
        {state === 'sending'
          ? t('upload.sent', { sent: formats.bytes(sentBytes), size: formats.bytes(file.size) })
          : formats.bytes(file.size)}
      </span>
      {state === 'waiting' && <span className="text-dense text-muted">{t('upload.waiting')}</span>}
      {state === 'unchanged' && <span className="text-dense text-muted">{t('upload.unchanged')}</span>}
      {state === 'cancelled' && <span className="text-dense text-muted">{t('upload.cancelled')}</span>}
      {running && (
        <Button size="sm" onClick={() => uploads.cancel(item.key)}>
          {t('dialog.cancel')}
        </Button>
      )}
      {(state === 'cancelled' || (state === 'failed' && failure?.code !== 'too_large')) && (
        <Button size="sm" onClick={() => uploads.retry(item.key)}>
          {t('error.tryAgain')}
        </Button>
      )}
      {state === 'sending' && (
        <progress aria-label={t('upload.progress', { name: file.name })} className="progress" value={sentBytes} max={file.size || 1} />
      )}
      {failure && state === 'failed' && (
        <p role="alert" className="w-full text-dense font-medium text-danger">
          {t('upload.failed')} {failureText(t, failure)} {failure.reference && `${t('error.reference')} ${failure.reference}`}
        </p>
      )}
    </li>
  );
}
