import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { MemberFinder } from './MemberFinder.tsx';
import { PageButtons } from './PageButtons.tsx';
import { type Group, groupMembersQuery, MEMBERS_PER_PAGE } from './queries.ts';

/** Who is in a group; where it is kept here, others are added and taken out. */
export function GroupMembersDialog({ org, group, onClose }: { org: string; group: Group; onClose: () => void }) {
  const t = useText();
  const queryClient = useQueryClient();
  const [from, setFrom] = useState(0);
  const isKeptHere = group.source === 'manual';
  const params = { org, group: group.id };
  const change = useMutation({
    mutationFn: async ({ user, how }: { user: string; how: 'add' | 'remove' }) => {
      const { groups } = await api();
      if (how === 'add') await groups.addMembers({ params, body: { users: [user] } });
      else await groups.removeMember({ params: { ...params, member: user } });
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['groups', org] }),
  });
  return (
    <Dialog open onOpenChange={onClose} width="md" title={t('members.membersOf', { name: group.name })}>
      <div className="flex flex-col gap-4">
        {isKeptHere ? (
          <MemberFinder org={org} label={t('members.addToGroup')} onChoose={({ user }) => change.mutate({ user, how: 'add' })} />
        ) : (
          <p className="text-body text-muted">{t('members.groupKeptElsewhere')}</p>
        )}
        {change.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(change.error)} />}
        <Loaded query={useQuery(groupMembersQuery(org, group.id, from))} failed={t('members.loadFailed')}>
          {({ items, found }) => (
            <>
              {found === 0 && <p className="text-body text-muted">{t('members.groupEmpty')}</p>}
              <ul className="flex flex-col gap-1">
                {items.map(({ user, name, email }) => (
                  <li key={user} className="flex items-center justify-between gap-2">
                    <span className="min-w-0">
                      <bdi className="block truncate">{name}</bdi>
                      <bdi className="block truncate text-caption text-muted">{email}</bdi>
                    </span>
                    {isKeptHere && (
                      <Button size="sm" aria-label={t('members.takeOut', { name })} onClick={() => change.mutate({ user, how: 'remove' })}>
                        {t('members.takeOutShort')}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
              <PageButtons from={from} found={found} size={MEMBERS_PER_PAGE} onChange={setFrom} />
            </>
          )}
        </Loaded>
      </div>
    </Dialog>
  );
}
