import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { modelsQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { EndpointDialog } from './EndpointDialog.tsx';
import { ModelCard, type ModelInfo } from './ModelCard.tsx';
import { ModelFileDialog } from './ModelFileDialog.tsx';
import { ModelSpenders } from './ModelSpenders.tsx';

type Panel = { kind: 'endpoint' | 'file' } | { kind: 'change' | 'remove'; model: ModelInfo };

/** Which models bots may use and where each runs. */
export function Models() {
  const t = useText();
  return (
    <Guarded permission="models.edit" title={t('nav.models')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const { id: org } = useOrganization();
  const query = useQuery(modelsQuery(org));
  const [panel, setPanel] = useState<Panel>();
  const close = () => setPanel(undefined);
  return (
    <Page
      title={t('nav.models')}
      action={
        <>
          <Button onClick={() => setPanel({ kind: 'file' })}>{t('models.addFile')}</Button>
          <Button variant="primary" onClick={() => setPanel({ kind: 'endpoint' })}>
            {t('models.addEndpoint')}
          </Button>
        </>
      }
    >
      <Loaded query={query} failed={t('models.loadFailed')}>
        {(models) => (
          <>
            <ul className="flex max-w-3xl flex-col gap-4">
              {models.map((model) => (
                <li key={model.id}>
                  <ModelCard
                    model={model}
                    org={org}
                    onChange={() => setPanel({ kind: 'change', model })}
                    onRemove={() => setPanel({ kind: 'remove', model })}
                  />
                </li>
              ))}
            </ul>
            <ModelSpenders org={org} models={models} />
          </>
        )}
      </Loaded>
      {panel?.kind === 'endpoint' && <EndpointDialog org={org} model={undefined} onClose={close} />}
      {panel?.kind === 'change' && <EndpointDialog org={org} model={panel.model} onClose={close} />}
      {panel?.kind === 'file' && <ModelFileDialog org={org} onClose={close} />}
      {panel?.kind === 'remove' && <RemoveModel model={panel.model} org={org} onClose={close} />}
    </Page>
  );
}

function RemoveModel({ model, org, onClose }: { model: ModelInfo; org: string; onClose: () => void }) {
  const t = useText();
  const queryClient = useQueryClient();
  const toast = useToast();
  const remove = useMutation({
    mutationFn: async () => (await api()).models.remove({ params: { org, model: model.id } }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: modelsQuery(org).queryKey });
      toast(t('models.removed', { name: model.name }));
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('models.removeTitle', { name: model.name })}
      consequence={model.provider === 'llama' ? t('models.removeFileText') : t('models.removeText')}
      action={t('models.remove')}
      busy={remove.isPending}
      error={remove.error && <ErrorNote title={t('models.notRemoved')} failure={toFailure(remove.error)} />}
      onConfirm={() => remove.mutate()}
    />
  );
}
