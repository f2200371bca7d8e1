import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { CertificateNotes } from './CertificateNotes.tsx';
import { GroupRules } from './GroupRules.tsx';
import { OwnKeys } from './OwnKeys.tsx';
import { PeopleSync } from './PeopleSync.tsx';
import { ProtocolForm } from './ProtocolForm.tsx';
import { productOf } from './products.ts';
import { type Connection, connectionsQuery } from './queries.ts';
import { TestStep } from './TestStep.tsx';

/** One connection, as the steps that it takes to make it work. */
export function ConnectionView({ org, connection, onClose }: { org: string; connection: Connection; onClose: () => void }) {
  const { t } = useTexts();
  const { id, kind, name, product: productId, settings, secretEndings } = connection;
  const product = productOf(productId);
  const fields = product.kinds[kind] ?? [];
  const save = useSave(org, connection);
  return (
    <div className="flex max-w-4xl flex-col gap-6">
      <div className="flex flex-wrap items-center gap-3">
        <Button size="sm" onClick={onClose}>
          {t('sso.back')}
        </Button>
        <h2 className="min-w-0 flex-1 text-reading font-semibold">
          <bdi>{name}</bdi>
        </h2>
      </div>
      <CertificateNotes connection={connection} />
      {fields.length > 0 && (
        <Step title={t('sso.step.there')} text={t('sso.step.thereText', { product: product.name ?? t('sso.product.yours') })}>
          <dl className="flex flex-col gap-2">
            {fields.map(([address, theirs]) => (
              <div key={theirs} className="flex flex-wrap items-center gap-x-3 border-b border-line pb-2">
                <dt className="basis-56 text-body text-muted" dir="auto" lang="en">
                  {theirs}
                </dt>
                <dd className="flex min-w-0 flex-1 basis-64 items-center gap-2">
                  <code className="min-w-0 flex-1 font-mono text-dense break-all" dir="ltr">
                    {connection.addresses[address]}
                  </code>
                  <CopyButton text={connection.addresses[address]} />
                </dd>
              </div>
            ))}
          </dl>
        </Step>
      )}
      <Step title={t('sso.step.settings')} text={t('sso.step.settingsText')}>
        <ProtocolForm
          kind={kind}
          name={name}
          settings={settings}
          secretEndings={secretEndings}
          placeholder={product.issuer}
          action={t('common.save')}
          failed={t('sso.notSaved')}
          onSave={(name, protocol) => save({ name, protocol })}
        />
      </Step>
      <Step title={t('sso.step.groups')} text={t('sso.step.groupsText')}>
        <GroupRules org={org} connection={connection} onSave={(provisioning) => save({ provisioning })} />
      </Step>
      <Step title={t('sso.step.test')} text={t('sso.step.testText')}>
        <TestStep org={org} connection={connection} />
      </Step>
      <Step title={t('sso.step.active')} text={t(`sso.activeText.${connection.state}`)}>
        <Activation org={org} connection={connection} />
      </Step>
      {connection.ownKeys && (
        <Step title={t('sso.key.title')} text={t('sso.key.text')}>
          <OwnKeys org={org} connection={connection} />
        </Step>
      )}
      {kind === 'ldap' && connection.state === 'active' && (
        <Step title={t('ldap.sync')} text={t('ldap.syncText')}>
          <PeopleSync org={org} connection={id} />
        </Step>
      )}
      <RemoveConnection key={id} org={org} connection={connection} onRemoved={onClose} />
    </div>
  );
}

function Step({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-col gap-1">
        <h3 className="text-body font-semibold">{title}</h3>
        <p className="max-w-[72ch] text-body text-muted">{text}</p>
      </div>
      {children}
    </section>
  );
}

type Change = Parameters<Awaited<ReturnType<typeof api>>['sso']['change']>[0]['body'];

function useSave(org: string, { id }: Connection): (body: Change) => Promise<void> {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  return async (body) => {
    await (await api()).sso.change({ params: { org, connection: id }, body });
    await queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey });
    toast(t('common.saved'));
  };
}

function Activation({ org, connection: { id, state } }: { org: string; connection: Connection }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: async () => (await api()).sso[state === 'active' ? 'deactivate' : 'activate']({ params: { org, connection: id } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey }),
  });
  return (
    <div className="flex flex-col items-start gap-3">
      {change.error && <ErrorNote title={t('sso.notChanged')} failure={toFailure(change.error)} />}
      <Button
        variant={state === 'active' ? 'secondary' : 'primary'}
        busy={change.isPending}
        disabledReason={state === 'draft' ? t('sso.testFirst') : undefined}
        onClick={() => change.mutate()}
      >
        {state === 'active' ? t('sso.deactivate') : t('sso.activate')}
      </Button>
    </div>
  );
}

function RemoveConnection({ org, connection: { id, name }, onRemoved }: { org: string; connection: Connection; onRemoved: () => void }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: async () => (await api()).sso.remove({ params: { org, connection: id } }),
    onSuccess: async () => {
      onRemoved();
      await queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey });
      toast(t('sso.removed', { name }));
    },
  });
  return (
    <>
      <Button className="self-start" onClick={() => setAsking(true)}>
        {t('sso.remove')}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('sso.removeTitle', { name })}
        consequence={t('sso.removeText')}
        action={t('sso.remove')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('sso.notRemoved')} failure={toFailure(remove.error)} />}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}
