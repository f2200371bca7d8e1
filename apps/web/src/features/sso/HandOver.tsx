import { deviceName } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { type Connection, handOverQuery, isWorking } from './queries.ts';
import { Step } from './Step.tsx';

/** A link by which IT sets the connection up, and what became of it. */
export function HandOver({ org, connection: { id, state } }: { org: string; connection: Connection }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const params = { org, connection: id };
  const query = useQuery(handOverQuery(org, id));
  const refresh = () => queryClient.invalidateQueries({ queryKey: handOverQuery(org, id).queryKey });
  const make = useMutation({ mutationFn: async () => (await api()).handOver.create({ params }), onSuccess: refresh });
  const revoke = useMutation({
    mutationFn: async () => void (await (await api()).handOver.revoke({ params })),
    onSuccess: async () => {
      make.reset();
      await refresh();
    },
  });
  const found = query.data?.handOver;
  if (state === 'active' && !found?.changedAt) return null;
  const works = isWorking(found);
  return (
    <Step title={t('handOver.title')} text={t('handOver.text')}>
      {found && (
        <div role="status" className="flex flex-col gap-1 text-body">
          {found.state === 'open' && <p>{t('handOver.open', { time: formats.dateTime(found.expiresAt) })}</p>}
          {found.state === 'used' && (
            <p>
              {t('handOver.used', {
                device: deviceName(found.device ?? '') ?? t('handOver.device'),
                opened: formats.dateTime(found.openedAt ?? found.createdAt),
                time: formats.dateTime(found.expiresAt),
              })}
            </p>
          )}
          {found.state === 'expired' && <p>{t('handOver.expired', { time: formats.dateTime(found.expiresAt) })}</p>}
          {found.state === 'ended' && <p>{t('handOver.ended')}</p>}
          {found.changedAt && (
            <p className="font-medium">
              {t('handOver.changed', { time: formats.dateTime(found.changedAt) })} {state !== 'active' && t('handOver.lookFirst')}
            </p>
          )}
        </div>
      )}
      {make.data && found?.state === 'open' && (
        <div className="flex flex-col items-start gap-3">
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
            {make.data.link}
          </code>
          <p className="text-dense text-muted">{t('handOver.once')}</p>
          <CopyButton text={make.data.link} label={t('handOver.copy')} />
        </div>
      )}
      {make.error && <ErrorNote title={t('handOver.notMade')} failure={toFailure(make.error)} />}
      {revoke.error && <ErrorNote title={t('handOver.notRevoked')} failure={toFailure(revoke.error)} />}
      {state !== 'active' && (
        <div className="flex flex-wrap gap-2">
          <Button busy={make.isPending} onClick={() => make.mutate()}>
            {works ? t('handOver.again') : t('handOver.make')}
          </Button>
          {works && (
            <Button busy={revoke.isPending} onClick={() => revoke.mutate()}>
              {t('handOver.revoke')}
            </Button>
          )}
        </div>
      )}
    </Step>
  );
}
