import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { failureText } from '@privexbot/ui/failure.ts';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { modelName } from '../../parts/model-name.ts';

export type ModelInfo = Output<(typeof contract)['models']['list']>[number];

/** One model: what it is, where it runs, a test. */
export function ModelCard({
  model,
  org,
  onChange,
  onRemove,
}: {
  model: ModelInfo;
  org: string;
  onChange: () => void;
  onRemove: () => void;
}) {
  const { t, formats } = useTexts();
  const isHere = model.destination === 'this machine';
  const isOwn = model.id.startsWith('mdl_');
  const test = useMutation({ mutationFn: async () => (await api()).models.test({ params: { org, model: model.id } }) });
  const facts: [string, string][] = [
    ...(model.model ? [[t('models.nameAtServer'), model.model] as [string, string]] : []),
    ...(model.url ? [[t('models.url'), model.url] as [string, string]] : []),
    ...(model.keyEnding ? [[t('models.key'), `…${model.keyEnding}`] as [string, string]] : []),
    ...(model.provider === 'grounded'
      ? []
      : [[t('models.context'), t('models.tokens', { tokens: model.contextTokens })] as [string, string]]),
    ...(model.sizeBytes ? [[t('models.size'), formats.bytes(model.sizeBytes)] as [string, string]] : []),
    ...(model.sha256 ? [['SHA-256', model.sha256] as [string, string]] : []),
  ];
  return (
    <section aria-label={modelName(t, model)} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-0 flex-1 basis-40 text-reading font-semibold">
          <bdi>{modelName(t, model)}</bdi>
        </h2>
        <Chip tone={isHere ? 'success' : 'warning'}>{isHere ? t('models.here') : t('models.outside', { host: model.destination })}</Chip>
      </div>
      {model.provider === 'grounded' && <p className="text-body text-muted">{t('models.groundedText')}</p>}
      {model.id === 'machine' && <p className="text-body text-muted">{t('models.machineText')}</p>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-dense">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-all">
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {model.provider !== 'grounded' && (
        <div className="flex flex-wrap gap-2">
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? t('models.testing') : t('models.test')}
          </Button>
          {isOwn && model.provider === 'openai-compatible' && (
            <Button size="sm" onClick={onChange}>
              {t('models.change')}
            </Button>
          )}
          {isOwn && (
            <Button size="sm" onClick={onRemove}>
              {t('models.remove')}
            </Button>
          )}
        </div>
      )}
      <div role="status" className="text-body empty:hidden">
        {test.data?.ok && (
          <p>
            {t('models.testOk', { seconds: formats.number(test.data.milliseconds / 1000) })} <q dir="auto">{test.data.answer}</q>
          </p>
        )}
        {test.data && !test.data.ok && (
          <p className="font-medium text-danger">
            {t('models.testFailed')} {failureText(t, { code: test.data.code ?? 'internal', reference: '', retry: true, details: {} })}
          </p>
        )}
      </div>
      {test.error && <ErrorNote title={t('models.testFailed')} failure={toFailure(test.error)} />}
    </section>
  );
}
