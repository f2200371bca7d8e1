import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { AdminTest } from './AdminTest.tsx';
import { CertificateNotes } from './CertificateNotes.tsx';
import { GroupRules } from './GroupRules.tsx';
import { HandOver } from './HandOver.tsx';
import { OurAddresses } from './OurAddresses.tsx';
import { OwnKeys } from './OwnKeys.tsx';
import { PeopleSync } from './PeopleSync.tsx';
import { ProtocolForm } from './ProtocolForm.tsx';
import { productOf } from './products.ts';
import { type Connection, connectionsQuery } from './queries.ts';
import { Step } from './Step.tsx';

/** One connection, as the steps that it takes to make it work. */
export function ConnectionView({ org, connection, onClose }: { org: string; connection: Connection; onClose: () => void }) {
  const { t } = useTexts();
  const { id, kind, name, product: productId, settings, secretEndings } = connection;
  const product = productOf(productId);
  // The list may be of before somebody else, or a link, changed it.
  useQuery({ ...connectionsQuery(org), refetchOnMount: 'always' });
  const shown = useShownSettings(connection);
  const save = useSave(org, connection, shown.keep);
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
      <HandOver key={`link ${id}`} org={org} connection={connection} />
      <OurAddresses connection={connection} />
      <Step title={t('sso.step.settings')} text={t('sso.step.settingsText')}>
        {shown.isStale && (
          <div role="alert" className="flex flex-col items-start gap-2 rounded-card border border-warning bg-warning-soft p-3 text-body">
            <p>{t('sso.stale')}</p>
            <Button size="sm" onClick={shown.show}>
              {t('sso.staleLoad')}
            </Button>
          </div>
        )}
        <ProtocolForm
          key={shown.key}
          onTyped={shown.setTyped}
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
        <AdminTest org={org} connection={connection} />
      </Step>
      <Step title={t('sso.step.active')} text={t(`sso.activeText.${connection.state}`)}>
        <Activation org={org} connection={connection} isStale={shown.isStale} />
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

type Change = Parameters<Awaited<ReturnType<typeof api>>['sso']['change']>[0]['body'];

/**
 * Somebody else, or a link, may change the settings while they are looked at. A form in which nothing was typed follows; else what
 * it shows is told from what is stored.
 */
function useShownSettings({ settings }: Connection) {
  const stored = JSON.stringify(settings);
  /** `leaving`: what is still stored here until the list was read again after a save. */
  const [{ shown, leaving, key }, set] = useState({ shown: stored, leaving: '', key: 0 });
  const [isTyped, setTyped] = useState(false);
  const isOther = stored !== shown && stored !== leaving;
  const show = () => set({ shown: stored, leaving: '', key: key + 1 });
  if (leaving && stored === shown) set({ shown, leaving: '', key });
  else if (isOther && !isTyped) show();
  return {
    key,
    setTyped,
    isStale: isOther && isTyped,
    /** The form starts over with what is stored. */
    show,
    /** The form has these already. */
    keep: (saved: Connection['settings']) => set({ shown: JSON.stringify(saved), leaving: stored, key }),
  };
}

function useSave(org: string, { id }: Connection, onSettings: (saved: Connection['settings']) => void): (body: Change) => Promise<void> {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const toast = useToast();
  return async (body) => {
    const { settings } = await (await api()).sso.change({ params: { org, connection: id }, body });
    if (body.protocol) onSettings(settings);
    await queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey });
    toast(t('common.saved'));
  };
}

function Activation({ org, connection: { id, state, testedAt }, isStale }: { org: string; connection: Connection; isStale: boolean }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const change = useMutation({
    async mutationFn() {
      const { sso } = await api();
      const params = { org, connection: id };
      // What is made active is what was looked at.
      await (state === 'active' ? sso.deactivate({ params }) : sso.activate({ params, query: { testedAt } }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey }),
  });
  return (
    <div className="flex flex-col items-start gap-3">
      {change.error && <ErrorNote title={t('sso.notChanged')} failure={toFailure(change.error)} />}
      <Button
        variant={state === 'active' ? 'secondary' : 'primary'}
        busy={change.isPending}
        disabledReason={state === 'draft' ? t('sso.testFirst') : state === 'tested' && isStale ? t('sso.staleActivate') : undefined}
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
