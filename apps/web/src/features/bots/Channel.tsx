import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Switch } from '@privexbot/ui/base/Checkbox.tsx';
import { TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { deploymentsQuery, type Place } from '../../queries.ts';

export type Deployment = Output<(typeof contract)['bots']['deploy']>;

/** One channel: on or off, its options, and once it is on, how to reach it. */
export function Channel({
  deployment,
  params,
  disabledReason,
  children,
}: {
  deployment: Deployment;
  params: Place & { bot: string };
  disabledReason: string | undefined;
  children: ReactNode;
}) {
  const t = useText();
  const queryClient = useQueryClient();
  const { channel, enabled } = deployment;
  const [slug, setSlug] = useState(deployment.slug);
  const [sites, setSites] = useState(deployment.allowedSites.join('\n'));
  const isChanged = slug !== deployment.slug || sites !== deployment.allowedSites.join('\n');
  const save = useMutation({
    mutationFn: async (on: boolean) => {
      const allowedSites = sites.split(/\s+/).filter(Boolean);
      const name = channel === 'api' ? {} : { slug };
      return (await api()).bots.deploy({ params: { ...params, channel }, body: { enabled: on, allowedSites, ...name } });
    },
    onSuccess: (saved) => {
      setSlug(saved.slug);
      setSites(saved.allowedSites.join('\n'));
      queryClient.setQueryData(deploymentsQuery(params).queryKey, (all) => all?.map((each) => (each.channel === channel ? saved : each)));
    },
  });
  return (
    <section aria-label={t(`deploy.name.${channel}`)} className="flex flex-col gap-4 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="flex-1 text-reading font-semibold">{t(`deploy.name.${channel}`)}</h2>
        <Switch
          label={t('deploy.reachable')}
          checked={enabled}
          disabled={disabledReason !== undefined || save.isPending}
          title={disabledReason}
          onCheckedChange={(on) => save.mutate(on)}
        />
      </div>
      {channel !== 'api' && (
        <TextField
          label={t('deploy.slug')}
          help={t('deploy.slugHelp')}
          dir="ltr"
          value={slug}
          readOnly={disabledReason !== undefined}
          onChange={(event) => setSlug(event.currentTarget.value.toLowerCase())}
        />
      )}
      {channel === 'widget' && (
        <TextArea
          label={t('deploy.sites')}
          help={t('deploy.sitesHelp')}
          optional={t('field.optional')}
          dir="ltr"
          rows={2}
          value={sites}
          readOnly={disabledReason !== undefined}
          onChange={(event) => setSites(event.currentTarget.value)}
        />
      )}
      {isChanged && (
        <Button className="self-start" busy={save.isPending} onClick={() => save.mutate(enabled)}>
          {t('common.save')}
        </Button>
      )}
      {save.error && <ErrorNote title={t('deploy.notSaved')} failure={toFailure(save.error)} />}
      {enabled && children}
    </section>
  );
}
