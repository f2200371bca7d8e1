import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { allKeysQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { KeyTable } from './KeyTable.tsx';

/** Those of everybody in the organization, people and programs; an Admin may revoke any. */
export function AllKeys() {
  const t = useText();
  const { id: org } = useOrganization();
  const queryClient = useQueryClient();
  const revoke = async ({ id }: { id: string }) => {
    await (await api()).apiKeys.revokeAny({ params: { org, key: id } });
    await queryClient.invalidateQueries({ queryKey: ['api-keys', org] });
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-[72ch] text-body text-muted">{t('keys.allText')}</p>
      <Loaded query={useQuery(allKeysQuery(org))} failed={t('keys.loadFailed')}>
        {(keys) =>
          keys.length > 0 ? (
            <KeyTable caption={t('keys.all')} keys={keys} withMaker revoke={revoke} />
          ) : (
            <EmptyState title={t('keys.allEmptyTitle')}>{t('keys.allEmptyText')}</EmptyState>
          )
        }
      </Loaded>
    </div>
  );
}
