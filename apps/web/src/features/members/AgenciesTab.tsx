import { ROLES, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog, Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { ClientPeople } from './ClientPeople.tsx';
import { agenciesQuery, clientsQuery } from './queries.ts';
import { RoleSelect } from './RoleSelect.tsx';

/** Agencies that may work here, and organizations that this one works for. */
export function AgenciesTab({ org }: { org: string }) {
  return (
    <div className="flex max-w-3xl flex-col gap-8">
      <Consents org={org} />
      <Clients org={org} />
    </div>
  );
}

function Consents({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const [offering, setOffering] = useState(false);
  const [ending, setEnding] = useState<{ id: string; agency?: string | undefined }>();
  const end = useMutation({
    mutationFn: async (id: string) => void (await (await api()).agencies.revoke({ params: { org, agency: id } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['agencies', org] });
      await queryClient.invalidateQueries({ queryKey: ['members', org] });
      setEnding(undefined);
    },
  });
  return (
    <section aria-labelledby="agencies" className="flex flex-col items-start gap-3">
      <h2 id="agencies" className="text-h2 font-semibold">
        {t('members.agencies')}
      </h2>
      <p className="text-body text-muted">{t('members.agenciesText')}</p>
      <Button onClick={() => setOffering(true)}>{t('members.letIn')}</Button>
      <Loaded query={useQuery(agenciesQuery(org))} failed={t('members.loadFailed')}>
        {(consents) => (
          <ul className="flex w-full flex-col gap-2">
            {consents.map(({ id, agency, state, role, people, expiresAt }) => (
              <li key={id} className="flex flex-wrap items-center justify-between gap-2 rounded-card border border-line p-3">
                <span className="min-w-0">
                  <bdi className="block font-medium">{agency ?? t('members.offered', { until: formats.date(expiresAt) })}</bdi>
                  <span className="text-dense text-muted">
                    {t('members.atMost', { role: t(`role.${role}`) })}
                    {state === 'active' && ` · ${t('members.sentPeople', { count: people })}`}
                  </span>
                </span>
                <Button size="sm" onClick={() => setEnding({ id, agency })}>
                  {t('members.endConsent')}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {offering && <OfferDialog org={org} onClose={() => setOffering(false)} />}
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={t('members.endConsent')}
        consequence={t('members.endConsentText')}
        action={t('members.endConsent')}
        busy={end.isPending}
        error={end.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(end.error)} />}
        onConfirm={() => ending && end.mutate(ending.id)}
      />
    </section>
  );
}

function OfferDialog({ org, onClose }: { org: string; onClose: () => void }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>('tier1');
  const offer = useMutation({
    mutationFn: async () => (await api()).agencies.offer({ params: { org }, body: { role } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['agencies', org] }),
  });
  const link = offer.data?.link;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('members.letIn')}
      description={link ? t('members.offerLinkText') : t('members.offerText')}
      footer={
        link ? (
          <Button variant="primary" onClick={onClose}>
            {t('members.done')}
          </Button>
        ) : (
          <Button variant="primary" busy={offer.isPending} onClick={() => offer.mutate()}>
            {t('members.makeOffer')}
          </Button>
        )
      }
    >
      {link ? (
        <div className="flex flex-col items-start gap-3">
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all select-all">
            {link}
          </code>
          <CopyButton text={link} label={t('members.copyOffer')} />
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          <RoleSelect value={role} label={t('members.atMostLabel')} onChange={setRole} />
          {offer.error && <ErrorNote title={t('members.notChanged')} failure={toFailure(offer.error)} />}
        </div>
      )}
    </Dialog>
  );
}

function Clients({ org }: { org: string }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  // A link that was opened brings its token here.
  const [given] = useState(() => location.hash.slice(1));
  return (
    <section aria-labelledby="clients" className="flex flex-col gap-3">
      <h2 id="clients" className="text-h2 font-semibold">
        {t('members.clients')}
      </h2>
      <p className="text-body text-muted">{t('members.clientsText')}</p>
      <SettingForm
        initial={{ link: given }}
        failed={t('members.notAccepted')}
        action={t('members.acceptOffer')}
        check={({ link }) => (link.trim() ? {} : { link: t('form.empty') })}
        save={async ({ link }) => {
          const token = link.trim().split('#').at(-1) ?? '';
          await (await api()).agencies.accept({ params: { org }, body: { token } });
          await queryClient.invalidateQueries({ queryKey: clientsQuery(org).queryKey });
        }}
      >
        {(field) => <TextField {...field('link')} label={t('members.offerLink')} autoComplete="off" />}
      </SettingForm>
      <Loaded query={useQuery(clientsQuery(org))} failed={t('members.loadFailed')}>
        {(clients) => (
          <ul className="flex flex-col gap-3">
            {clients.map((client) => (
              <li key={client.id} className="flex flex-col gap-3 rounded-card border border-line p-3">
                <ClientPeople org={org} client={client} roles={ROLES.slice(ROLES.indexOf(client.role))} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}
