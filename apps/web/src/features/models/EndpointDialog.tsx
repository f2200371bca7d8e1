import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Field, inputClass, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { api, toFailure } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { modelsQuery } from '../../queries.ts';
import type { ModelInfo } from './ModelCard.tsx';

/** Adds or changes an OpenAI-compatible server: address, key (write-only), and one of the models it lists. */
export function EndpointDialog({ org, model, onClose }: { org: string; model: ModelInfo | undefined; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const params = { org };
  const form = useForm({
    initial: {
      name: model?.name ?? '',
      url: model?.url ?? '',
      key: '',
      model: model?.model ?? '',
      contextTokens: String(model?.contextTokens ?? 8_192),
    },
    check: (values) => ({
      ...(URL.canParse(values.url) && /^https?:/.test(values.url) ? {} : { url: t('form.url') }),
      ...(values.model.trim() ? {} : { model: t('form.empty') }),
      ...(Number(values.contextTokens) >= 512 ? {} : { contextTokens: t('models.contextTooSmall') }),
    }),
    submit: async ({ key, contextTokens, ...values }) => {
      const client = await api();
      const body = { ...values, name: values.name.trim() || values.model, contextTokens: Number(contextTokens), ...(key ? { key } : {}) };
      if (model) await client.models.change({ params: { org, model: model.id }, body });
      else await client.models.add({ params, body: { provider: 'openai-compatible', ...body } });
      await queryClient.invalidateQueries({ queryKey: modelsQuery(org).queryKey });
      onClose();
    },
  });
  const { url, key } = form.values;
  const discover = useMutation({
    mutationFn: async () => (await api()).models.discover({ params, body: { url, ...(key ? { key } : {}) } }),
    onSuccess: ({ models }) => {
      if (models[0] && !form.values.model) form.set('model', models[0]);
    },
  });
  const found = discover.data?.models ?? [];
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={model ? t('models.changeTitle', { name: model.name }) : t('models.addEndpoint')}
      description={t('models.endpointText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {model ? t('common.save') : t('models.allow')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextField
          {...form.field('url')}
          label={t('models.url')}
          help={t('models.urlHelp')}
          type="url"
          dir="ltr"
          placeholder="https://host/v1"
          autoComplete="off"
        />
        <TextField
          {...form.field('key')}
          label={t('models.key')}
          help={model?.keyEnding ? t('models.keyKept', { ending: model.keyEnding }) : t('models.keyHelp')}
          optional={t('field.optional')}
          type="password"
          dir="ltr"
          autoComplete="off"
        />
        <div className="flex flex-col items-start gap-2">
          <Button
            size="sm"
            busy={discover.isPending}
            disabledReason={URL.canParse(url) ? undefined : t('form.url')}
            onClick={() => discover.mutate()}
          >
            {t('models.discover')}
          </Button>
          <p role="status" className="text-dense text-muted">
            {discover.data && t('models.discovered', { count: found.length })}
          </p>
          {discover.error && <ErrorNote title={t('models.notDiscovered')} failure={toFailure(discover.error)} />}
        </div>
        <ModelName found={found} {...form.field('model')} />
        <TextField
          {...form.field('name')}
          label={t('models.displayName')}
          help={t('models.displayNameHelp')}
          optional={t('field.optional')}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
        />
        <TextField {...form.field('contextTokens')} label={t('models.contextField')} type="number" min={512} step={1} />
        {form.failure && <ErrorNote title={t('models.notSaved')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}

/** Free to type, with the server's list to choose from once it is known. */
function ModelName({
  found,
  error,
  ...input
}: { found: readonly string[]; error: string | undefined } & ReturnType<ReturnType<typeof useForm<Record<string, string>>>['field']>) {
  const t = useText();
  const listId = useId();
  return (
    <Field label={t('models.nameAtServer')} error={error}>
      {(tie) => (
        <>
          <input {...tie} {...input} list={listId} dir="ltr" autoComplete="off" className={`control ${inputClass}`} />
          <datalist id={listId}>
            {found.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
