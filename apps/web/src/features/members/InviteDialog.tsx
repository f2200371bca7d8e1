import { LIMITS, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextArea } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { invitationsQuery } from './queries.ts';
import { RoleSelect } from './RoleSelect.tsx';

type Sent = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['organizations']['inviteMany']>>;

/** Invites one or many, and shows the links where no mail server sends them. */
export function InviteDialog({ org, initial, onClose }: { org: string; initial: { emails: string; role: Role }; onClose: () => void }) {
  const t = useText();
  const formId = useId();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>(initial.role);
  const [sent, setSent] = useState<Sent>();
  const form = useForm({
    initial: { emails: initial.emails },
    check: ({ emails }) => {
      const all = split(emails);
      if (all.length === 0 || all.some((email) => !email.includes('@'))) return { emails: t('form.email') };
      return all.length > LIMITS.invitationsAtOnce ? { emails: t('members.tooMany', { limit: LIMITS.invitationsAtOnce }) } : {};
    },
    submit: async ({ emails }) => {
      setSent(await (await api()).organizations.inviteMany({ params: { org }, body: { emails: split(emails), role } }));
      await queryClient.invalidateQueries({ queryKey: invitationsQuery(org).queryKey });
    },
  });
  if (sent) return <Links sent={sent} onClose={onClose} />;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('members.invite')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" form={formId} variant="primary" busy={form.busy}>
            {t('members.inviteAction')}
          </Button>
        </>
      }
    >
      <form id={formId} {...form.form} className="flex flex-col gap-4">
        <TextArea {...form.field('emails')} label={t('members.emails')} help={t('members.emailsHelp')} autoComplete="off" />
        <RoleSelect value={role} onChange={setRole} />
        {form.failure && <ErrorNote title={t('members.notInvited')} failure={form.failure} />}
      </form>
    </Dialog>
  );
}

function Links({ sent: { invited, members }, onClose }: { sent: Sent; onClose: () => void }) {
  const t = useText();
  const links = invited.filter(({ link }) => link !== '');
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={t('members.invited', { count: invited.length })}
      description={links.length > 0 ? t('members.linksText') : t('members.mailedText')}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t('members.done')}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {members.length > 0 && <p className="text-body text-muted">{t('members.already', { count: members.length })}</p>}
        <ul className="flex flex-col gap-2">
          {links.map(({ id, email, link }) => (
            <li key={id} className="flex flex-col items-start gap-1">
              <bdi className="text-dense font-medium">{email}</bdi>
              <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
                {link}
              </code>
              <CopyButton text={link} label={t('members.copyLink', { email })} />
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function split(emails: string): string[] {
  return emails.split(/[\s,;]+/).filter(Boolean);
}
