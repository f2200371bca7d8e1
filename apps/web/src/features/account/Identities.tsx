import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';

type Identity = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['credentials']['security']>>['identities'][number];

/** Wallets and directories that lead to this account. */
export function Identities({ identities, onChange }: { identities: readonly Identity[]; onChange: () => Promise<unknown> }) {
  const { t, formats } = useTexts();
  const [unlinking, setUnlinking] = useState<Identity>();
  const unlink = useMutation({
    mutationFn: async ({ id }: Identity) => (await api()).credentials.unlink({ params: { identity: id } }),
    onSuccess: async () => {
      setUnlinking(undefined);
      await onChange();
    },
  });
  if (identities.length === 0) return <p className="text-muted">{t('identities.none')}</p>;
  return (
    <>
      <ul className="divide-y divide-line rounded-card border border-line bg-surface">
        {identities.map((identity) => (
          <li key={identity.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <div className="min-w-0 flex-1">
              <p className="font-medium">
                <bdi className="break-all">{identity.label}</bdi>
              </p>
              <p className="text-dense text-muted">
                {t('identities.used', { linked: formats.date(identity.createdAt), used: formats.dateTime(identity.lastUsedAt) })}
              </p>
            </div>
            <Button size="sm" onClick={() => setUnlinking(identity)}>
              {t('identities.unlink')}
            </Button>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={unlinking !== undefined}
        onOpenChange={() => setUnlinking(undefined)}
        title={t('identities.unlinkTitle', { label: unlinking?.label ?? '' })}
        consequence={t('identities.unlinkText')}
        action={t('identities.unlink')}
        busy={unlink.isPending}
        error={unlink.error && <ErrorNote title={t('identities.notUnlinked')} failure={toFailure(unlink.error)} />}
        onConfirm={() => unlinking && unlink.mutate(unlinking)}
      />
    </>
  );
}
