import type { OrgId } from '@privexbot/contract';
import { LIMITS } from '@privexbot/contract';
import { uploadFile } from '@privexbot/sdk';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Field, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { modelsQuery } from '../../queries.ts';

/** Adds a GGUF file: sent in parts, sealed at rest, opened only in memory. */
export function ModelFileDialog({ org, onClose }: { org: OrgId; onClose: () => void }) {
  const { t, formats } = useTexts();
  const formId = useId();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File>();
  const [sentBytes, setSentBytes] = useState(0);
  const abort = useRef<AbortController>(undefined);
  const form = useForm({
    initial: { name: '', threads: '', file: '' },
    check: ({ threads }) => ({
      ...(file?.name.toLowerCase().endsWith('.gguf') ? {} : { file: t('models.chooseFile') }),
      ...(threads === '' || (Number(threads) >= 1 && Number(threads) <= 256) ? {} : { threads: t('models.threadsRange') }),
    }),
    submit: async ({ name, threads }) => {
      if (!file) return;
      abort.current = new AbortController();
      const client = await api();
      const upload = await uploadFile(client, {
        org,
        file,
        name: file.name,
        purpose: 'model',
        signal: abort.current.signal,
        onProgress: (progress) => setSentBytes(progress.sentBytes),
      });
      const title = name.trim() || file.name.replace(/\.gguf$/i, '').slice(0, LIMITS.nameLength);
      await client.models.add({
        params: { org },
        body: { provider: 'llama', name: title, upload, ...(threads ? { threads: Number(threads) } : {}) },
      });
      await queryClient.invalidateQueries({ queryKey: modelsQuery(org).queryKey });
      onClose();
    },
  });
  function cancel(): void {
    abort.current?.abort();
    onClose();
  }
  return (
    <Dialog
      open
      onOpenChange={cancel}
      title={t('models.addFile')}
      description={t('models.fileText')}
      footer={
        <>
          <Button onClick={cancel}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('models.allow')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <Field label={t('models.file')} error={form.field('file').error}>
          {(tie) => (
            <input
              {...tie}
              type="file"
              name="file"
              accept=".gguf"
              onChange={(event) => setFile(event.currentTarget.files?.[0])}
              className="text-body"
            />
          )}
        </Field>
        <TextField
          {...form.field('name')}
          label={t('models.displayName')}
          optional={t('field.optional')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
        />
        <TextField
          {...form.field('threads')}
          label={t('models.threads')}
          help={t('models.threadsHelp')}
          optional={t('field.optional')}
          type="number"
          min={1}
          max={256}
          step={1}
        />
        {form.busy && file && (
          <div className="flex flex-col gap-1">
            <p className="text-dense tabular-nums">
              {t('upload.sent', { sent: formats.bytes(sentBytes), size: formats.bytes(file.size) })}
            </p>
            <progress aria-label={t('upload.progress', { name: file.name })} className="progress" value={sentBytes} max={file.size || 1} />
          </div>
        )}
        {form.failure && <ErrorNote title={t('models.notSaved')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
