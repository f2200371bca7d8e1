import type { ScimTokenView } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { NewTokenDialog } from './NewTokenDialog.tsx';
import { type InConnection, scimQuery } from './queries.ts';
import { SyncLog } from './SyncLog.tsx';

/** What the directory of one connection needs to send people and groups, its tokens, and what it sent last. */
export function ScimSetUp({ place }: { place: InConnection }) {
  const t = useText();
  const query = useQuery(scimQuery(place));
  const [creating, setCreating] = useState(false);
  return (
    <Loaded query={query} failed={t('scim.loadFailed')}>
      {({ address, tokens, people, groups }) => (
        <div className="flex flex-col gap-6">
          <section aria-labelledby="scim-address" className="flex flex-col items-start gap-2">
            <h2 id="scim-address" className="text-h2 font-semibold">
              {t('scim.address')}
            </h2>
            <p className="max-w-[72ch] text-dense text-muted">{t('scim.addressHelp')}</p>
            <div className="flex max-w-full flex-wrap items-center gap-2">
              <code dir="ltr" className="rounded-control border border-line bg-sunken px-2 py-1 font-mono text-dense break-all">
                {address}
              </code>
              <CopyButton text={address} label={t('scim.copyAddress')} />
            </div>
            <p className="text-body">{t('scim.sent', { people, groups })}</p>
          </section>
          <section aria-labelledby="scim-tokens" className="flex flex-col gap-3">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <h2 id="scim-tokens" className="text-h2 font-semibold">
                {t('scim.tokens')}
              </h2>
              <Button onClick={() => setCreating(true)}>{t('scim.newToken')}</Button>
            </div>
            {tokens.length > 0 ? (
              <TokenTable place={place} tokens={tokens} />
            ) : (
              <EmptyState title={t('scim.noTokenTitle')}>{t('scim.noTokenText')}</EmptyState>
            )}
          </section>
          <SyncLog place={place} />
          {creating && <NewTokenDialog place={place} onClose={() => setCreating(false)} />}
        </div>
      )}
    </Loaded>
  );
}

function TokenTable({ place, tokens }: { place: InConnection; tokens: readonly ScimTokenView[] }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [revoking, setRevoking] = useState<ScimTokenView>();
  const revoke = useMutation({
    mutationFn: async ({ id }: ScimTokenView) => void (await (await api()).scim.revokeToken({ params: { ...place, token: id } })),
    onSuccess: async (_, { name }) => {
      await queryClient.invalidateQueries({ queryKey: scimQuery(place).queryKey });
      toast(t('scim.revoked', { name }));
      setRevoking(undefined);
    },
  });
  const columns: Column<ScimTokenView>[] = [
    { id: 'name', header: t('scim.tokenName'), cell: ({ name }) => <bdi>{name}</bdi> },
    { id: 'ending', header: t('scim.ending'), cell: ({ ending }) => <code className="font-mono">…{ending}</code> },
    {
      id: 'use',
      header: t('scim.use'),
      cell: ({ plain, readOnly }) => (
        <>
          {plain ? t('scim.usePlain') : t('scim.useSealed')}
          {readOnly && ` · ${t('scim.readOnlyShort')}`}
        </>
      ),
    },
    {
      id: 'ends',
      header: t('scim.expires'),
      cell: ({ expiresAt }) => (expiresAt ? <time dateTime={expiresAt}>{formats.date(expiresAt)}</time> : t('scim.never')),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (token) => (
        <Button size="sm" onClick={() => setRevoking(token)}>
          {t('keys.revoke')}
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable caption={t('scim.tokens')} columns={columns} rows={tokens} rowKey={({ id }) => id} />
      <ConfirmDialog
        open={revoking !== undefined}
        onOpenChange={() => setRevoking(undefined)}
        title={t('keys.revokeTitle', { name: revoking?.name ?? '' })}
        consequence={t('scim.revokeText')}
        action={t('keys.revoke')}
        busy={revoke.isPending}
        error={revoke.error && <ErrorNote title={t('scim.notRevoked')} failure={toFailure(revoke.error)} />}
        onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </>
  );
}
