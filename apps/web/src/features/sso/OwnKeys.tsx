import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { type Connection, connectionsQuery } from './queries.ts';

type OwnKey = NonNullable<Connection['ownKeys']>[number];

/** The key pairs by which a directory knows us, and how one follows another without anybody being kept out. */
export function OwnKeys({ org, connection: { id: connection, ownKeys = [] } }: { org: string; connection: Connection }) {
  const { t } = useTexts();
  const [inUse, other] = ownKeys;
  const add = useRoll(org, async () => (await api()).sso.addKey({ params: { org, connection } }));
  const use = useRoll(org, async (ownKey) => (await api()).sso.switchKey({ params: { org, connection, ownKey } }));
  const remove = useRoll(org, async (ownKey) => (await api()).sso.removeKey({ params: { org, connection, ownKey } }));
  const [asking, setAsking] = useState(false);
  const isNext = inUse && other && other.from >= inUse.from;
  const failure = add.error ?? use.error;
  return (
    <div className="flex flex-col items-start gap-4">
      <ul className="flex w-full flex-col gap-3">
        {inUse && <KeyLine ownKey={inUse} state={t('sso.key.inUse')} />}
        {other && <KeyLine ownKey={other} state={isNext ? t('sso.key.next') : t('sso.key.before')} />}
      </ul>
      {other && <p className="max-w-[72ch] text-body">{isNext ? t('sso.key.nextText') : t('sso.key.beforeText')}</p>}
      {failure && <ErrorNote title={t('sso.notChanged')} failure={toFailure(failure)} />}
      <div className="flex flex-wrap gap-2">
        {!other && (
          <Button busy={add.isPending} onClick={() => add.mutate('')}>
            {t('sso.key.add')}
          </Button>
        )}
        {other && (
          <>
            <Button busy={use.isPending} variant={isNext ? 'primary' : 'secondary'} onClick={() => use.mutate(other.id)}>
              {isNext ? t('sso.key.useNext') : t('sso.key.useBefore')}
            </Button>
            <Button onClick={() => setAsking(true)}>{isNext ? t('sso.key.removeNext') : t('sso.key.removeBefore')}</Button>
            <ConfirmDialog
              open={asking}
              onOpenChange={setAsking}
              title={isNext ? t('sso.key.removeNextTitle') : t('sso.key.removeBeforeTitle')}
              consequence={t('sso.key.removeText')}
              action={t('sso.key.remove')}
              busy={remove.isPending}
              error={remove.error && <ErrorNote title={t('sso.notChanged')} failure={toFailure(remove.error)} />}
              onConfirm={() => remove.mutate(other.id, { onSuccess: () => setAsking(false) })}
            />
          </>
        )}
      </div>
    </div>
  );
}

function KeyLine({ ownKey: { id, certificate, from, expiresAt }, state }: { ownKey: OwnKey; state: string }) {
  const { t, formats } = useTexts();
  return (
    <li className="flex flex-col gap-1 border-b border-line pb-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-body font-medium">{state}</span>
        <span className="flex-1 text-body text-muted">
          {t('sso.key.valid', { from: formats.date(from), until: formats.date(expiresAt) })}
        </span>
        <CopyButton text={certificate} label={t('sso.key.copy')} />
      </div>
      <p className="text-dense text-muted">
        SHA-256{' '}
        <code className="font-mono break-all" dir="ltr">
          {(id.match(/../g) ?? []).join(':').toUpperCase()}
        </code>
      </p>
    </li>
  );
}

function useRoll(org: string, change: (ownKey: string) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey }),
  });
}
