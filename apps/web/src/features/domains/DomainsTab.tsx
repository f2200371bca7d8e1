import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { DomainCard } from './DomainCard.tsx';
import { type Domain, domainsQuery } from './queries.ts';

/** Domains that the organization proves by a record in DNS. */
export function DomainsTab({ org }: { org: string }) {
  const t = useText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const query = useQuery(domainsQuery(org));
  const [removing, setRemoving] = useState<Domain>();
  const refresh = () => queryClient.invalidateQueries({ queryKey: domainsQuery(org).queryKey });
  const check = async ({ id }: Domain) => {
    await (await api()).domains.verify({ params: { org, domain: id } });
    await refresh();
  };
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('form.empty') }),
    submit: async ({ name }) => {
      await (await api()).domains.add({ params: { org }, body: { name } });
      await refresh();
      form.reset();
    },
  });
  const remove = useMutation({
    mutationFn: async ({ id }: Domain) => void (await (await api()).domains.remove({ params: { org, domain: id } })),
    onSuccess: async (_, { name }) => {
      await refresh();
      toast(t('domains.removed', { name }));
      setRemoving(undefined);
    },
  });
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <p className="max-w-[72ch] text-body text-muted">{t('domains.text')}</p>
      <form {...form.form} className="flex max-w-xl flex-col items-start gap-3">
        <TextField {...form.field('name')} label={t('domains.name')} help={t('domains.nameHelp')} maxLength={255} autoComplete="off" />
        {form.failure?.code === 'bad_request' && (
          <p role="alert" className="text-body text-danger">
            {t('domains.refused')}
          </p>
        )}
        {form.failure && form.failure.code !== 'bad_request' && <ErrorNote title={t('domains.notAdded')} failure={form.failure} />}
        <Button type="submit" variant="primary" busy={form.busy}>
          {t('domains.add')}
        </Button>
      </form>
      <Loaded query={query} failed={t('domains.loadFailed')}>
        {(domains) =>
          domains.length > 0 ? (
            <ul aria-label={t('domains.title')} className="flex flex-col gap-3">
              {domains.map((domain) => (
                <li key={domain.id}>
                  <DomainCard domain={domain} onCheck={() => check(domain)} onRemove={() => setRemoving(domain)} />
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState title={t('domains.emptyTitle')}>{t('domains.emptyText')}</EmptyState>
          )
        }
      </Loaded>
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title={t('domains.removeTitle', { name: removing?.name ?? '' })}
        consequence={t('domains.removeText')}
        action={t('domains.remove')}
        busy={remove.isPending}
        error={remove.error && <ErrorNote title={t('domains.notRemoved')} failure={toFailure(remove.error)} />}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </div>
  );
}
