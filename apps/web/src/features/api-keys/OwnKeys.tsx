import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { apiKeysQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { KeyTable } from './KeyTable.tsx';

/** The person's own: each has the rights its owner has, or fewer. */
export function OwnKeys() {
  const t = useText();
  const { id: org } = useOrganization();
  const queryClient = useQueryClient();
  const revoke = async ({ id }: { id: string }) => {
    await (await api()).apiKeys.revoke({ params: { org, key: id } });
    await queryClient.invalidateQueries({ queryKey: apiKeysQuery(org).queryKey });
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-[72ch] text-body text-muted">{t('keys.text')}</p>
      <Loaded query={useQuery(apiKeysQuery(org))} failed={t('keys.loadFailed')}>
        {(keys) =>
          keys.length > 0 ? (
            <KeyTable caption={t('keys.own')} keys={keys} revoke={revoke} />
          ) : (
            <EmptyState title={t('keys.emptyTitle')}>{t('keys.emptyText')}</EmptyState>
          )
        }
      </Loaded>
    </div>
  );
}
