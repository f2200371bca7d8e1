import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { syncQuery } from './queries.ts';

const LOOK_EVERY_MS = 1_000;

/** What came of looking people up again, and a way to ask for it before its time. */
export function PeopleSync({ org, connection }: { org: string; connection: string }) {
  const { t, formats } = useTexts();
  /** When the last one was as this one was asked for; undefined while none is awaited. */
  const [since, setSince] = useState<{ at: string | undefined }>();
  const { data } = useQuery({
    ...syncQuery(org, connection),
    refetchInterval: ({ state }) => (since && state.data?.sync?.at === since.at ? LOOK_EVERY_MS : false),
  });
  const ask = useMutation({
    mutationFn: async () => (await api()).sso.sync({ params: { org, connection } }),
    onMutate: () => setSince({ at: data?.sync?.at }),
    onError: () => setSince(undefined),
  });
  const last = data?.sync;
  const waits = since !== undefined && last?.at === since.at;
  return (
    <div className="flex flex-col items-start gap-3">
      <p role="status" className="text-body">
        {waits && t('ldap.syncing')}
        {!waits && last && (
          <>
            <time dateTime={last.at}>{formats.date(last.at)}</time>
            {': '}
            {last.problem === 'too_many' && t('ldap.syncTooMany')}
            {last.problem && last.problem !== 'too_many' && t('ldap.syncFailed', { check: t(`sso.check.${last.problem}`) })}
            {!last.problem &&
              t('ldap.synced', { people: last.people, changed: last.changed, suspended: last.suspended, reactivated: last.reactivated })}
          </>
        )}
        {!waits && data && !last && t('ldap.notSynced')}
      </p>
      {ask.error && <ErrorNote title={t('ldap.syncNotAsked')} failure={toFailure(ask.error)} />}
      <Button busy={ask.isPending || waits} onClick={() => ask.mutate()}>
        {t('ldap.syncNow')}
      </Button>
    </div>
  );
}
