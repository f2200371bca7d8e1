import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox, RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';

type Kind = 'webhook' | 'syslog';

/** Names a webhook or a syslog collector; the secret of a webhook is shown once. */
export function NewSinkDialog({ org, onClose, onAdded }: { org: string; onClose: () => void; onAdded: () => Promise<void> }) {
  const t = useText();
  const formId = useId();
  const [kind, setKind] = useState<Kind>('webhook');
  const [tls, setTls] = useState(true);
  const [format, setFormat] = useState<'jsonl' | 'cef'>('jsonl');
  const [secret, setSecret] = useState<string>();
  const form = useForm({
    initial: { name: '', url: '', host: '', port: '6514', ca: '' },
    check: ({ name, url, host, port }) => ({
      ...(name.trim() ? {} : { name: t('form.empty') }),
      ...(kind === 'webhook' && !URL.canParse(url.trim()) ? { url: t('audit.sinkUrlBad') } : {}),
      ...(kind === 'syslog' && !host.trim() ? { host: t('form.empty') } : {}),
      ...(kind === 'syslog' && !(Number(port) >= 1 && Number(port) <= 65_535) ? { port: t('audit.sinkPortBad') } : {}),
    }),
    submit: async ({ name, url, host, port, ca }) => {
      const body =
        kind === 'webhook'
          ? { kind, name, url: url.trim() }
          : { kind, name, host: host.trim(), port: Number(port), tls, format, ...(tls && ca.trim() ? { ca } : {}) };
      const added = await (await api()).audit.addSink({ params: { org }, body });
      await onAdded();
      if (added.secret) setSecret(added.secret);
      else onClose();
    },
  });
  if (secret)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('audit.sinkSecret')}
        description={t('audit.sinkSecretText')}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('keys.done')}
          </Button>
        }
      >
        <div className="flex flex-col items-start gap-3">
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
            {secret}
          </code>
          <CopyButton text={secret} label={t('audit.sinkSecretCopy')} />
        </div>
      </Dialog>
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('audit.sinkAdd')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('audit.sinkAddAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <RadioGroup
          legend={t('audit.sinkKind')}
          value={kind}
          onValueChange={setKind}
          options={[
            { value: 'webhook', label: t('audit.sinkWebhook'), description: t('audit.sinkWebhookText') },
            { value: 'syslog', label: t('audit.sinkSyslog'), description: t('audit.sinkSyslogText') },
          ]}
        />
        <TextField {...form.field('name')} label={t('audit.sinkName')} maxLength={LIMITS.nameLength} autoComplete="off" />
        {kind === 'webhook' && (
          <TextField {...form.field('url')} label={t('audit.sinkUrl')} type="url" dir="ltr" maxLength={1_000} autoComplete="off" />
        )}
        {kind === 'syslog' && (
          <>
            <TextField {...form.field('host')} label={t('audit.sinkHost')} dir="ltr" maxLength={253} autoComplete="off" />
            <TextField {...form.field('port')} label={t('audit.sinkPort')} inputMode="numeric" maxLength={5} autoComplete="off" />
            <Select
              label={t('audit.sinkFormat')}
              value={format}
              options={[
                { value: 'jsonl', label: 'JSON' },
                { value: 'cef', label: 'CEF' },
              ]}
              onValueChange={setFormat}
            />
            <Checkbox label={t('audit.sinkTls')} description={t('audit.sinkTlsText')} checked={tls} onCheckedChange={setTls} />
            {tls && (
              <TextArea
                {...form.field('ca')}
                label={t('audit.sinkCa')}
                help={t('audit.sinkCaText')}
                optional={t('field.optional')}
                rows={4}
                dir="ltr"
                spellCheck={false}
                maxLength={20_000}
              />
            )}
          </>
        )}
        {form.failure && <ErrorNote title={t('audit.sinkNotAdded')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}
