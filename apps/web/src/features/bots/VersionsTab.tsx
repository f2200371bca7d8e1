import type { Bot } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { type Place, versionQuery, versionsQuery } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { ChangeList } from './ChangeList.tsx';

/** Every published version, what it changed, and the way back to it. */
export function VersionsTab({ bot, place }: { bot: Bot; place: Place }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  const reason = useReason()('bots.edit');
  const [opened, setOpened] = useState<string>();
  const params = { ...place, bot: bot.id };
  const query = useQuery(versionsQuery(params));
  const rollBack = useMutation({
    mutationFn: async ({ to }: { to: string; from: string | undefined }) =>
      (await api()).bots.rollBack({ params: { ...params, version: to } }),
    onSuccess: async (version, { from }) => {
      await queryClient.invalidateQueries({ queryKey: ['bot', params] });
      void queryClient.invalidateQueries({ queryKey: ['bots'] });
      toast(
        t('bots.rolledBack', { number: version.number }),
        from ? { label: t('common.undo'), onSelect: () => rollBack.mutate({ to: from, from: undefined }) } : undefined,
      );
    },
  });
  return (
    <div className="flex flex-col gap-4">
      {rollBack.error && <ErrorNote title={t('bots.notRolledBack')} failure={toFailure(rollBack.error)} />}
      <Loaded query={query} failed={t('bots.versionsFailed')}>
        {(versions) =>
          versions.length === 0 ? (
            <EmptyState title={t('bots.noVersions')}>{t('bots.noVersionsText')}</EmptyState>
          ) : (
            <ol className="flex flex-col gap-3">
              {versions.map((version) => (
                <li key={version.id} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
                  <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
                    <h2 className="font-semibold">{t('bots.version', { number: version.number })}</h2>
                    {version.live && <Chip tone="success">{t('bots.liveNow')}</Chip>}
                    <p className="min-w-0 flex-1 basis-48 text-dense text-muted">
                      {t('bots.publishedBy', { time: formats.dateTime(version.publishedAt), person: version.publishedBy })}
                    </p>
                    <Button
                      size="sm"
                      aria-expanded={opened === version.id}
                      onClick={() => setOpened(opened === version.id ? undefined : version.id)}
                    >
                      {t('bots.showChanges')}
                    </Button>
                    {!version.live && (
                      <Button
                        size="sm"
                        disabledReason={reason}
                        busy={rollBack.isPending}
                        onClick={() => rollBack.mutate({ to: version.id, from: bot.live?.version })}
                      >
                        {t('bots.rollBack')}
                      </Button>
                    )}
                  </div>
                  {version.note && <p dir="auto">{version.note}</p>}
                  {opened === version.id && <VersionChanges params={{ ...params, version: version.id }} place={place} />}
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <p className="text-dense text-muted">{t('bots.rollBackText')}</p>
    </div>
  );
}

function VersionChanges({ params, place }: { params: Parameters<typeof versionQuery>[0]; place: Place }) {
  const { t } = useTexts();
  const query = useQuery(versionQuery(params));
  return (
    <Loaded query={query} failed={t('bots.versionFailed')}>
      {(version) => <ChangeList changes={version.changes} place={place} />}
    </Loaded>
  );
}
