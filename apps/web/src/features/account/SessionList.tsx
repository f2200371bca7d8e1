import { deviceName } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { sessionsQuery } from '../../queries.ts';

const METHODS = ['password', 'link', 'passkey', 'evm', 'solana', 'cosmos', 'oidc', 'saml', 'ldap', 'jwt'] as const;

/** A later server may have ways that this page has no word for. */
function methodOf(method: string): (typeof METHODS)[number] | 'other' {
  return METHODS.find((known) => known === method) ?? 'other';
}

/** Where the person is signed in; any of it can be ended. */
export function SessionList() {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const query = useQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: async (session: string) => void (await (await api()).auth.endSession({ params: { session } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <div className="flex flex-col gap-3">
      {end.error && <ErrorNote title={t('account.notEnded')} failure={toFailure(end.error)} />}
      <Loaded query={query} failed={t('account.sessionsFailed')}>
        {(sessions) => (
          <ul className="divide-y divide-line rounded-card border border-line bg-surface">
            {sessions.map((session) => (
              <li key={session.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
                <div className="min-w-0 flex-1">
                  <p className="flex flex-wrap items-center gap-2 font-medium">
                    <bdi title={session.device}>{deviceName(session.device) ?? t('account.unknownDevice')}</bdi>
                    {session.current && <Chip tone="accent">{t('account.thisSession')}</Chip>}
                    <Chip>{t(`method.${methodOf(session.method)}`)}</Chip>
                  </p>
                  <p className="text-dense text-muted">
                    {t('account.session', {
                      time: formats.dateTime(session.createdAt),
                      address: session.address,
                      until: formats.date(session.expiresAt),
                    })}
                  </p>
                </div>
                {!session.current && (
                  <Button size="sm" busy={end.isPending && end.variables === session.id} onClick={() => end.mutate(session.id)}>
                    {t('account.endSession')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </div>
  );
}
