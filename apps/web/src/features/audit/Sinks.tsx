import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { auditSinksQuery } from '../../queries.ts';
import { NewSinkDialog } from './NewSinkDialog.tsx';

type Sink = Output<(typeof contract)['audit']['sinks']>[number];

const FAILURES: Record<NonNullable<Sink['failure']>, MessageId> = {
  private_address: messageId('audit.sinkFailure.private_address'),
  unreachable: messageId('audit.sinkFailure.unreachable'),
  timeout: messageId('audit.sinkFailure.timeout'),
  tls: messageId('audit.sinkFailure.tls'),
  refused: messageId('audit.sinkFailure.refused'),
};

/** Webhooks and syslog collectors that new entries are sent to. */
export function Sinks({ org, mayChange }: { org: string; mayChange: boolean }) {
  const { t, formats } = useTexts();
  const toast = useToast();
  const queryClient = useQueryClient();
  const query = useQuery(auditSinksQuery(org));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Sink>();
  const refresh = () => queryClient.invalidateQueries({ queryKey: auditSinksQuery(org).queryKey });
  const test = useMutation({
    mutationFn: async (sink: Sink) => (await api()).audit.testSink({ params: { org, sink: sink.id } }),
    onSuccess: ({ ok }, { name }) => ok && toast(t('audit.sinkTested', { name })),
  });
  const remove = useMutation({
    mutationFn: async ({ id }: Sink) => void (await (await api()).audit.removeSink({ params: { org, sink: id } })),
    onSuccess: async (_, { name }) => {
      await refresh();
      toast(t('audit.sinkRemoved', { name }));
      setRemoving(undefined);
    },
  });
  const columns: Column<Sink>[] = [
    { id: 'name', header: t('audit.sinkName'), cell: ({ name }) => <bdi>{name}</bdi> },
    {
      id: 'to',
      header: t('audit.sinkTo'),
      cell: ({ destination, tls }) => (
        <span className="flex flex-wrap items-center gap-2">
          <code dir="ltr" className="font-mono text-dense break-all">
            {destination}
          </code>
          {!tls && <Chip tone="warning">{t('audit.sinkPlain')}</Chip>}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('audit.sinkState'),
      cell: ({ failure, failingSince, deliveredAt, delivered }) =>
        failure ? (
          <span className="text-danger">{t(FAILURES[failure], { time: failingSince ? formats.dateTime(failingSince) : '' })}</span>
        ) : deliveredAt ? (
          t('audit.sinkDelivered', { count: delivered, time: formats.dateTime(deliveredAt) })
        ) : (
          t('audit.sinkNothing')
        ),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (sink) =>
        mayChange && (
          <span className="flex flex-wrap gap-2">
            <Button
              size="sm"
              busy={test.isPending && test.variables.id === sink.id}
              aria-label={t('audit.sinkTestNamed', { name: sink.name })}
              onClick={() => test.mutate(sink)}
            >
              {t('audit.sinkTest')}
            </Button>
            <Button size="sm" aria-label={t('audit.sinkRemoveNamed', { name: sink.name })} onClick={() => setRemoving(sink)}>
              {t('audit.sinkRemove')}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <div className="flex flex-col gap-3">
      <h3 className="text-body font-semibold">{t('audit.sinks')}</h3>
      <p className="max-w-[72ch] text-body text-muted">{t('audit.sinksText')}</p>
      <Loaded query={query} failed={t('audit.sinksFailed')}>
        {(sinks) => sinks.length > 0 && <DataTable caption={t('audit.sinks')} columns={columns} rows={sinks} rowKey={({ id }) => id} />}
      </Loaded>
      {test.data?.failure && (
        <p role="alert" className="text-body text-danger">
          {t(FAILURES[test.data.failure], { time: '' })}
        </p>
      )}
      {test.error && <ErrorNote title={t('audit.sinkNotTested')} failure={toFailure(test.error)} />}
      {mayChange && (
        <Button className="self-start" onClick={() => setAdding(true)}>
          {t('audit.sinkAdd')}
        </Button>
      )}
      {adding && <NewSinkDialog org={org} onClose={() => setAdding(false)} onAdded={refresh} />}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title={t('audit.sinkRemoveTitle', { name: removing?.name ?? '' })}
        consequence={t('audit.sinkRemoveText')}
        action={t('audit.sinkRemove')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('audit.sinkNotRemoved')} failure={toFailure(remove.error)} />}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </div>
  );
}
