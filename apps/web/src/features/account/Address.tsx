import type { Account } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type * as z from 'zod';
import { api, toFailure } from '../../api.ts';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { meQuery, optionsQuery, securityQuery } from '../../queries.ts';
import { emailProblem, problems } from '../auth/checks.ts';
import { AddressState } from './AddressState.tsx';

/** The person's address, whether it is proven, and the way to another one. */
export function Address({ account }: { account: z.output<typeof Account> }) {
  const t = useText();
  const queryClient = useQueryClient();
  const mail = useQuery(optionsQuery).data?.mail ?? false;
  const pending = useQuery(securityQuery).data?.newEmail;
  const cancel = useMutation({
    mutationFn: async () => (await api()).credentials.cancelEmail(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: securityQuery.queryKey }),
  });
  return (
    <>
      {account.email && (
        <div className="flex flex-wrap items-center gap-2">
          <bdi>{account.email}</bdi>
          <Chip tone={account.emailVerified ? 'success' : 'neutral'}>
            {account.emailVerified ? t('account.proven') : t('account.unproven')}
          </Chip>
        </div>
      )}
      {account.email && !account.emailVerified && <AddressState />}
      {pending && (
        <div role="status" className="flex flex-col items-start gap-2">
          <p>{account.emailVerified ? t('address.waitingBoth', { email: pending }) : t('address.waiting', { email: pending })}</p>
          <Button size="sm" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('address.keep')}
          </Button>
          {cancel.error && <ErrorNote title={t('settings.notSaved')} failure={toFailure(cancel.error)} />}
        </div>
      )}
      <SettingForm
        initial={{ email: '' }}
        failed={t('address.notChanged')}
        action={account.email ? t('address.change') : t('address.add')}
        check={({ email }) => problems({ email: emailProblem(t, email) })}
        save={async ({ email }) => {
          queryClient.setQueryData(meQuery.queryKey, await (await api()).credentials.changeEmail({ body: { email: email.trim() } }));
          await queryClient.invalidateQueries({ queryKey: securityQuery.queryKey });
        }}
      >
        {(field) => (
          <TextField
            {...field('email')}
            label={t('address.new')}
            {...(mail ? { help: t('address.help') } : {})}
            type="email"
            autoComplete="email"
            inputMode="email"
          />
        )}
      </SettingForm>
    </>
  );
}
