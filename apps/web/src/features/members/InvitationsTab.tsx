import { Button } from '@privexbot/ui/base/Button.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { InviteDialog } from './InviteDialog.tsx';
import { type Invitation, invitationsQuery } from './queries.ts';

/** Whom one waits for, and whose invitation has expired. */
export function InvitationsTab({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [again, setAgain] = useState<{ emails: string; role: Invitation['role'] }>();
  const revoke = useMutation({
    mutationFn: async ({ id }: Invitation) =>
      void (await (await api()).organizations.revokeInvitation({ params: { org, invitation: id } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: invitationsQuery(org).queryKey });
      toast(t('members.revoked'));
    },
  });
  const columns: Column<Invitation>[] = [
    { id: 'email', header: t('members.email'), cell: ({ email }) => <bdi>{email}</bdi> },
    { id: 'role', header: t('members.role'), cell: ({ role }) => t(`role.${role}`) },
    {
      id: 'state',
      header: t('members.state'),
      cell: ({ state, expiresAt }) =>
        state === 'open' ? (
          <Chip tone="info">{t('members.openUntil', { until: formats.date(expiresAt) })}</Chip>
        ) : (
          <Chip tone="warning">{t('members.expired')}</Chip>
        ),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (invitation) => (
        <div className="flex flex-wrap justify-end gap-2">
          <Button size="sm" onClick={() => setAgain({ emails: invitation.email, role: invitation.role })}>
            {t('members.sendAgain')}
          </Button>
          <Button size="sm" onClick={() => revoke.mutate(invitation)}>
            {t('members.revoke')}
          </Button>
        </div>
      ),
    },
  ];
  return (
    <div className="flex flex-col items-start gap-4">
      {revoke.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(revoke.error)} />}
      <div className="w-full">
        <Loaded query={useQuery(invitationsQuery(org))} failed={t('members.loadFailed')}>
          {(invitations) =>
            invitations.length > 0 ? (
              <DataTable caption={t('members.invitations')} columns={columns} rows={invitations} rowKey={({ id }) => id} />
            ) : (
              <EmptyState title={t('members.noInvitations')}>{t('members.noInvitationsText')}</EmptyState>
            )
          }
        </Loaded>
      </div>
      {again && <InviteDialog org={org} initial={again} onClose={() => setAgain(undefined)} />}
    </div>
  );
}
