import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { toFailure } from '../../api.ts';
import { type AnyKey, isOver } from './keys.ts';

/** Keys with what each may do, until when, and when it was last used. */
export function KeyTable({
  caption,
  keys,
  withMaker = false,
  revoke,
}: {
  caption: string;
  keys: readonly AnyKey[];
  withMaker?: boolean;
  revoke: (key: AnyKey) => Promise<void>;
}) {
  const { t, formats } = useTexts();
  const toast = useToast();
  const [revoking, setRevoking] = useState<AnyKey>();
  const mutation = useMutation({
    mutationFn: revoke,
    onSuccess: (_, key) => {
      toast(t('keys.revoked', { name: key.name }));
      setRevoking(undefined);
    },
  });
  const maker: Column<AnyKey> = {
    id: 'maker',
    header: t('keys.maker'),
    cell: ({ userName }) => <bdi>{userName || t('keys.noMaker')}</bdi>,
  };
  const columns: Column<AnyKey>[] = [
    {
      id: 'name',
      header: t('keys.name'),
      cell: (key) => (
        <>
          <bdi>{key.name}</bdi> <code className="font-mono text-muted">…{key.ending}</code>
        </>
      ),
    },
    ...(withMaker ? [maker] : []),
    { id: 'may', header: t('keys.may'), cell: (key) => <May of={key} /> },
    {
      id: 'until',
      header: t('keys.until'),
      cell: (key) =>
        key.expiresAt ? (
          <>
            <time dateTime={key.expiresAt}>{formats.date(key.expiresAt)}</time>{' '}
            {isOver(key) && <Chip tone="warning">{t('keys.over')}</Chip>}
          </>
        ) : (
          t('keys.noEnd')
        ),
    },
    {
      id: 'used',
      header: t('keys.lastUsed'),
      cell: ({ lastUsed }) =>
        lastUsed ? (
          <span title={formats.dateTime(lastUsed.at)}>
            {t('keys.usedFrom', { when: formats.relative(lastUsed.at), address: lastUsed.address })}
          </span>
        ) : (
          t('keys.neverUsed')
        ),
    },
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
    <>
      <DataTable caption={caption} columns={columns} rows={keys} rowKey={(key) => key.id} />
      <ConfirmDialog
        open={revoking !== undefined}
        onOpenChange={() => setRevoking(undefined)}
        title={t('keys.revokeTitle', { name: revoking?.name ?? '' })}
        consequence={t('keys.revokeText')}
        action={t('keys.revoke')}
        busy={mutation.isPending}
        error={mutation.error && <ErrorNote title={t('keys.notRevoked')} failure={toFailure(mutation.error)} />}
        onConfirm={() => revoking && mutation.mutate(revoking)}
      />
    </>
  );
}

function May({ of: { plain, scopes, networks } }: { of: AnyKey }) {
  const { t, formats } = useTexts();
  const rights = scopes?.map((scope) => t(`keys.scope.${scope}`)) ?? [t('keys.everything')];
  const limits = [
    ...(networks.length > 0 ? [t('keys.fromNetworks', { networks: formats.list(networks) })] : []),
    ...(plain ? [t('keys.usePlain')] : []),
  ];
  return (
    <ul className="flex max-w-80 flex-col gap-0.5">
      {rights.map((right) => (
        <li key={right}>{right}</li>
      ))}
      {limits.map((limit) => (
        <li key={limit} className="text-dense text-muted">
          {limit}
        </li>
      ))}
    </ul>
  );
}
