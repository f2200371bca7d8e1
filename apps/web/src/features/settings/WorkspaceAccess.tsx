import type { contract, Output, Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { meQuery } from '../../queries.ts';
import { MemberFinder } from '../members/MemberFinder.tsx';
import { groupsQuery } from '../members/queries.ts';
import { RoleSelect } from '../members/RoleSelect.tsx';

type Access = Output<(typeof contract)['organizations']['workspaceAccess']>;
type Entry = Access['entries'][number];

const accessQuery = (params: { org: string; workspace: string }) =>
  queryOptions({
    queryKey: ['workspace-access', params],
    queryFn: async ({ signal }) => (await api()).organizations.workspaceAccess({ params }, { signal }),
  });

/** Who may enter a workspace, and with which role at most. */
export function WorkspaceAccess({ org, workspace, name, onClose }: { org: string; workspace: string; name: string; onClose: () => void }) {
  const t = useText();
  const params = { org, workspace };
  return (
    <Dialog open onOpenChange={onClose} width="md" title={t('access.of', { name })} description={t('access.text')}>
      <Loaded query={useQuery(accessQuery(params))} failed={t('access.loadFailed')}>
        {(access) => <Form key={access.revision} params={params} access={access} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

function Form({ params, access, onClose }: { params: { org: string; workspace: string }; access: Access; onClose: () => void }) {
  const t = useText();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(access.open);
  const [entries, setEntries] = useState<readonly Entry[]>(access.entries);
  const { data: groups = [] } = useQuery(groupsQuery(params.org));
  const save = useMutation({
    mutationFn: async () => {
      const sent = entries.map(({ name: _, ...entry }) => entry);
      return (await api()).organizations.setWorkspaceAccess({ params, body: { open, entries: sent, revision: access.revision } });
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: accessQuery(params).queryKey });
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      onClose();
    },
  });
  const add = (entry: Entry) => setEntries((now) => (now.some(({ id }) => id === entry.id) ? now : [...now, entry]));
  const setRole = (id: string, role: Role) => setEntries((now) => now.map((entry) => (entry.id === id ? { ...entry, role } : entry)));
  const left = groups.filter((group) => !entries.some(({ id }) => id === group.id));
  return (
    <div className="flex flex-col gap-4">
      <Checkbox label={t('access.open')} description={t('access.openText')} checked={open} onCheckedChange={setOpen} />
      <ul className="flex flex-col gap-3">
        {entries.map((entry) => (
          <li key={entry.id} className="flex flex-col gap-2 rounded-card border border-line p-3">
            <div className="flex items-center justify-between gap-2">
              <bdi className="min-w-0 truncate font-medium">{entry.name}</bdi>
              <Button
                size="sm"
                aria-label={t('members.takeOut', { name: entry.name })}
                onClick={() => setEntries((now) => now.filter(({ id }) => id !== entry.id))}
              >
                {t('members.takeOutShort')}
              </Button>
            </div>
            <RoleSelect value={entry.role} label={t('access.atMost')} onChange={(role) => setRole(entry.id, role)} />
          </li>
        ))}
      </ul>
      <MemberFinder
        org={params.org}
        label={t('access.addPerson')}
        onChoose={({ user, name, role }) => add({ kind: 'user', id: user, name, role })}
      />
      {left.length > 0 && (
        <Select
          label={t('access.addGroup')}
          value=""
          options={[{ value: '', label: t('access.chooseGroup') }, ...left.map(({ id, name }) => ({ value: id as string, label: name }))]}
          onValueChange={(id) => {
            const group = left.find((one) => one.id === id);
            if (group) add({ kind: 'group', id: group.id, name: group.name, role: 'tier2' });
          }}
        />
      )}
      {save.error && <ErrorNote title={t('access.notSaved')} failure={toFailure(save.error)} />}
      <div>
        <Button variant="primary" busy={save.isPending} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
      </div>
    </div>
  );
}
