import type { Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog, Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { meQuery } from '../../queries.ts';
import { type Given, OneTimePassword } from './OneTimePassword.tsx';
import type { Member } from './queries.ts';
import { RoleSelect } from './RoleSelect.tsx';

export type MemberAct = 'role' | 'suspend' | 'reactivate' | 'password' | 'transfer' | 'remove' | 'delete';

/** Asks before something is done to a member, does it, and says so. */
export function MemberDialog({ org, act, member, onClose }: { org: string; act: MemberAct; member: Member; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>(member.role);
  const [given, setGiven] = useState<Given>();
  const params = { org, member: member.user };
  const run = useMutation({
    mutationFn: async () => {
      const { members, organizations } = await api();
      if (act === 'role') await members.change({ params, body: { role } });
      else if (act === 'suspend') await members.suspend({ params });
      else if (act === 'reactivate') await members.reactivate({ params });
      else if (act === 'password') setGiven(await members.resetPassword({ params }));
      else if (act === 'transfer') await organizations.transfer({ params: { org }, body: { member: member.user, role: 'tier1' } });
      else if (act === 'remove') await members.remove({ params });
      else await members.deleteAccount({ params });
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['members', org] });
      // One's own role may be another now.
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      if (act === 'password') return;
      toast(t(`members.done.${act}`, { name: member.name }));
      onClose();
    },
  });
  if (given) return <OneTimePassword name={member.name} given={given} onClose={onClose} />;
  const error = run.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(run.error)} />;
  if (act === 'role')
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('members.roleOf', { name: member.name })}
        footer={
          <>
            <Button onClick={onClose}>{t('dialog.cancel')}</Button>
            <Button variant="primary" busy={run.isPending} onClick={() => run.mutate()}>
              {t('members.changeRole')}
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-4">
          <RoleSelect value={role} onChange={setRole} />
          {error}
        </div>
      </Dialog>
    );
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t(`members.ask.${act}`, { name: member.name })}
      consequence={t(`members.askText.${act}`)}
      action={t(`members.act.${act}`)}
      busy={run.isPending}
      error={error}
      onConfirm={() => run.mutate()}
    />
  );
}
