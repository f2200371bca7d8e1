import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { GroupDialog } from './GroupDialog.tsx';
import { GroupMembersDialog } from './GroupMembersDialog.tsx';
import { type Group, groupsQuery } from './queries.ts';

/** Groups that are kept here or by a directory, and what they grant. */
export function GroupsTab({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const [editing, setEditing] = useState<Group | 'new'>();
  const [showing, setShowing] = useState<Group>();
  const [removing, setRemoving] = useState<Group>();
  const remove = useMutation({
    mutationFn: async ({ id }: Group) => void (await (await api()).groups.delete({ params: { org, group: id } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: groupsQuery(org).queryKey });
      setRemoving(undefined);
    },
  });
  const columns: Column<Group>[] = [
    { id: 'name', header: t('members.group'), cell: ({ name }) => <bdi>{name}</bdi> },
    {
      id: 'source',
      header: t('members.keptBy'),
      cell: ({ source }) => (source === 'manual' ? t('members.keptHere') : <Chip>{t(`members.source.${source}`)}</Chip>),
    },
    { id: 'role', header: t('members.grants'), cell: ({ role }) => (role ? t(`role.${role}`) : t('members.grantsNothing')) },
    { id: 'members', header: t('members.title'), numeric: true, cell: ({ members }) => formats.number(members) },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (group) => (
        <div className="flex flex-wrap justify-end gap-2">
          <Button size="sm" onClick={() => setShowing(group)}>
            {t('members.groupMembers')}
          </Button>
          <Button size="sm" onClick={() => setEditing(group)}>
            {t('members.groupChange')}
          </Button>
          <Button size="sm" onClick={() => setRemoving(group)}>
            {t('members.groupDelete')}
          </Button>
        </div>
      ),
    },
  ];
  return (
    <div className="flex flex-col items-start gap-4">
      <p className="max-w-[72ch] text-body text-muted">{t('members.groupsText')}</p>
      <Button onClick={() => setEditing('new')}>{t('members.groupNew')}</Button>
      <div className="w-full">
        <Loaded query={useQuery(groupsQuery(org))} failed={t('members.loadFailed')}>
          {(groups) =>
            groups.length > 0 ? (
              <DataTable caption={t('members.groups')} columns={columns} rows={groups} rowKey={({ id }) => id} />
            ) : (
              <EmptyState title={t('members.noGroups')}>{t('members.noGroupsText')}</EmptyState>
            )
          }
        </Loaded>
      </div>
      {editing && <GroupDialog org={org} group={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
      {showing && <GroupMembersDialog org={org} group={showing} onClose={() => setShowing(undefined)} />}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title={t('members.groupDeleteTitle', { name: removing?.name ?? '' })}
        consequence={t('members.groupDeleteText', { count: removing?.members ?? 0 })}
        action={t('members.groupDelete')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(remove.error)} />}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </div>
  );
}
