import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, toFailure } from '../../api.ts';
import { optionsQuery } from '../../queries.ts';

/** Why an address is not confirmed, and the way to do it where mail can be sent. */
export function AddressState() {
  const t = useText();
  const mail = useQuery(optionsQuery).data?.mail ?? false;
  const request = useMutation({ mutationFn: async () => (await api()).auth.requestVerification() });
  if (!mail) return <p className="text-dense text-muted">{t('account.noMail')}</p>;
  if (request.isSuccess) return <p role="status">{t('account.mailSent')}</p>;
  return (
    <div className="flex flex-col items-start gap-2">
      <Button busy={request.isPending} onClick={() => request.mutate()}>
        {t('account.sendMail')}
      </Button>
      {request.error && <ErrorNote title={t('forgot.failed')} failure={toFailure(request.error)} />}
    </div>
  );
}
