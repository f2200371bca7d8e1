import { hasPermission } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { serviceAccountsQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import type { NewKey, Service } from './keys.ts';
import { NewKeyDialog } from './NewKeyDialog.tsx';
import { ServiceDialog } from './ServiceDialog.tsx';

/** Accounts of programs: their keys keep working when whoever made them leaves. */
export function ServiceAccounts() {
  const { t, formats } = useTexts();
  const { id: org } = useOrganization();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [editing, setEditing] = useState<Service>();
  const [keying, setKeying] = useState<Service>();
  const [removing, setRemoving] = useState<Service>();
  const refresh = () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: serviceAccountsQuery(org).queryKey }),
      queryClient.invalidateQueries({ queryKey: ['api-keys', org] }),
    ]);
  const remove = useMutation({
    mutationFn: async ({ id }: Service) => void (await (await api()).serviceAccounts.remove({ params: { org, service: id } })),
    onSuccess: async (_, { name }) => {
      await refresh();
      toast(t('service.deleted', { name }));
      setRemoving(undefined);
    },
  });
  async function makeKey({ id: service }: Service, body: NewKey): Promise<string> {
    const { key } = await (await api()).serviceAccounts.createKey({ params: { org, service }, body });
    await refresh();
    return key;
  }
  const columns: Column<Service>[] = [
    { id: 'name', header: t('keys.name'), cell: ({ name }) => <bdi>{name}</bdi> },
    { id: 'role', header: t('service.role'), cell: ({ role }) => t(`role.${role}`) },
    { id: 'keys', header: t('nav.keys'), numeric: true, cell: ({ keys }) => formats.number(keys) },
    { id: 'made', header: t('common.created'), cell: ({ createdAt }) => <time dateTime={createdAt}>{formats.date(createdAt)}</time> },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (service) => (
        <div className="flex flex-wrap justify-end gap-2">
          <Button size="sm" onClick={() => setKeying(service)}>
            {t('keys.create')}
          </Button>
          <Button size="sm" onClick={() => setEditing(service)}>
            {t('service.change')}
          </Button>
          <Button size="sm" onClick={() => setRemoving(service)}>
            {t('service.delete')}
          </Button>
        </div>
      ),
    },
  ];
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-[72ch] text-body text-muted">{t('service.text')}</p>
      <Loaded query={useQuery(serviceAccountsQuery(org))} failed={t('service.loadFailed')}>
        {(services) =>
          services.length > 0 ? (
            <DataTable caption={t('service.heading')} columns={columns} rows={services} rowKey={({ id }) => id} />
          ) : (
            <EmptyState title={t('service.emptyTitle')}>{t('service.emptyText')}</EmptyState>
          )
        }
      </Loaded>
      {editing && <ServiceDialog org={org} service={editing} onClose={() => setEditing(undefined)} />}
      {keying && (
        <NewKeyDialog
          title={t('service.newKey', { name: keying.name })}
          can={(permission) => hasPermission(keying.role, permission)}
          make={(body) => makeKey(keying, body)}
          onClose={() => setKeying(undefined)}
        />
      )}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title={t('service.deleteTitle', { name: removing?.name ?? '' })}
        consequence={t('service.deleteText', { keys: removing?.keys ?? 0 })}
        action={t('service.delete')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('service.notDeleted')} failure={toFailure(remove.error)} />}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </div>
  );
}
