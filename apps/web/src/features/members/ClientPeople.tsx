import type { contract, Output, Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { MemberFinder } from './MemberFinder.tsx';
import { clientsQuery } from './queries.ts';
import { RoleSelect } from './RoleSelect.tsx';

type Client = Output<(typeof contract)['agencies']['clients']>[number];
type Change = { how: 'assign' | 'withdraw'; user: string } | { how: 'leave' };

/** Whom this organization sends to a client. */
export function ClientPeople({ org, client, roles }: { org: string; client: Client; roles: readonly Role[] }) {
  const t = useText();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>(client.role);
  const params = { org, client: client.id };
  const change = useMutation({
    mutationFn: async (wish: Change) => {
      const { agencies } = await api();
      if (wish.how === 'leave') await agencies.leave({ params });
      else if (wish.how === 'assign') await agencies.assign({ params: { ...params, member: wish.user }, body: { role } });
      else await agencies.withdraw({ params: { ...params, member: wish.user } });
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: clientsQuery(org).queryKey }),
  });
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-reading font-semibold">
          <bdi>{client.organization}</bdi>
        </h3>
        <Button size="sm" onClick={() => change.mutate({ how: 'leave' })}>
          {t('members.leaveClient')}
        </Button>
      </div>
      {change.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(change.error)} />}
      <ul className="flex flex-col gap-1">
        {client.people.map(({ user, name, role: own }) => (
          <li key={user} className="flex items-center justify-between gap-2">
            <span>
              <bdi>{name}</bdi> <span className="text-muted">{t(`role.${own}`)}</span>
            </span>
            <Button size="sm" aria-label={t('members.takeOut', { name })} onClick={() => change.mutate({ how: 'withdraw', user })}>
              {t('members.takeOutShort')}
            </Button>
          </li>
        ))}
      </ul>
      <RoleSelect value={role} roles={roles} onChange={setRole} />
      <MemberFinder org={org} label={t('members.send')} onChoose={({ user }) => change.mutate({ how: 'assign', user })} />
    </>
  );
}
