import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { apiKeysQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { NewKeyDialog } from './NewKeyDialog.tsx';

interface Key {
  id: string;
  name: string;
  ending: string;
  plain: boolean;
  createdAt: string;
}

/** The own API keys: each has the rights its owner has, and is shown once. */
export function ApiKeys() {
  const t = useText();
  return (
    <Guarded permission="keys.own" title={t('nav.keys')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const { t, formats } = useTexts();
  const { id: org } = useOrganization();
  const queryClient = useQueryClient();
  const toast = useToast();
  const query = useQuery(apiKeysQuery(org));
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const revoke = useMutation({
    mutationFn: async (key: Key) => void (await (await api()).apiKeys.revoke({ params: { org, key: key.id } })),
    onSuccess: async (_, key) => {
      await queryClient.invalidateQueries({ queryKey: apiKeysQuery(org).queryKey });
      toast(t('keys.revoked', { name: key.name }));
      setRevoking(undefined);
    },
  });
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      {t('keys.create')}
    </Button>
  );
  const columns: Column<Key>[] = [
    { id: 'name', header: t('keys.name'), cell: (key) => <bdi>{key.name}</bdi> },
    { id: 'ending', header: t('keys.ending'), cell: (key) => <code className="font-mono">…{key.ending}</code> },
    { id: 'use', header: t('keys.use'), cell: (key) => (key.plain ? t('keys.usePlain') : t('keys.useSealed')) },
    { id: 'made', header: t('common.created'), cell: (key) => <time dateTime={key.createdAt}>{formats.date(key.createdAt)}</time> },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (key) => (
        <Button size="sm" onClick={() => setRevoking(key)}>
          {t('keys.revoke')}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t('nav.keys')} action={create}>
      <p className="max-w-[72ch] text-body text-muted">{t('keys.text')}</p>
      <Loaded query={query} failed={t('keys.loadFailed')}>
        {(keys) =>
          keys.length > 0 ? (
            <DataTable caption={t('nav.keys')} columns={columns} rows={keys} rowKey={(key) => key.id} />
          ) : (
            <EmptyState title={t('keys.emptyTitle')}>{t('keys.emptyText')}</EmptyState>
          )
        }
      </Loaded>
      {creating && <NewKeyDialog org={org} onClose={() => setCreating(false)} />}
      <ConfirmDialog
        open={revoking !== undefined}
        onOpenChange={() => setRevoking(undefined)}
        title={t('keys.revokeTitle', { name: revoking?.name ?? '' })}
        consequence={t('keys.revokeText')}
        action={t('keys.revoke')}
        busy={revoke.isPending}
        error={revoke.error && <ErrorNote title={t('keys.notRevoked')} failure={toFailure(revoke.error)} />}
        onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </Page>
  );
}
