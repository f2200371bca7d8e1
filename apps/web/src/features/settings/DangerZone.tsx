import { Button } from '@privexbot/ui/base/Button.tsx';
import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { meQuery, organizationQuery } from '../../queries.ts';

type Act = 'suspend' | 'reactivate' | 'delete' | 'leave';

/** Leaving, suspending and deleting the organization, with what follows. */
export function DangerZone({ org, mayEnd }: { org: string; mayEnd: boolean }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<Act>();
  const query = useQuery(organizationQuery(org));
  const name = query.data?.name ?? '';
  const run = useMutation({
    mutationFn: async (act: Act) => {
      const { organizations } = await api();
      const params = { org };
      if (act === 'delete') await organizations.delete({ params, body: { name } });
      else await organizations[act]({ params });
    },
    onSuccess: async (_, act) => {
      setAsking(undefined);
      // Whoever left is nowhere here any more.
      if (act === 'leave') return location.assign('/');
      await queryClient.invalidateQueries({ queryKey: organizationQuery(org).queryKey });
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  return (
    <section aria-labelledby="danger" className="flex flex-col items-start gap-3 rounded-card border border-danger p-4">
      <h2 id="danger" className="text-h2 font-semibold">
        {t('life.heading')}
      </h2>
      <Loaded query={query} failed={t('life.loadFailed')}>
        {({ state, deletedAt }) => (
          <>
            {state !== 'active' && (
              <p role="status" className="text-body font-medium">
                {state === 'deleting' ? t('life.deleting', { at: formats.date(deletedAt ?? '') }) : t('life.suspended')}
              </p>
            )}
            <div className="flex flex-wrap gap-2">
              <Button onClick={() => setAsking('leave')}>{t('life.act.leave')}</Button>
              {mayEnd && state === 'active' && <Button onClick={() => setAsking('suspend')}>{t('life.act.suspend')}</Button>}
              {mayEnd && state !== 'active' && (
                <Button variant="primary" onClick={() => run.mutate('reactivate')}>
                  {t('life.act.reactivate')}
                </Button>
              )}
              {mayEnd && state !== 'deleting' && (
                <Button variant="danger" onClick={() => setAsking('delete')}>
                  {t('life.act.delete')}
                </Button>
              )}
            </div>
          </>
        )}
      </Loaded>
      {asking && asking !== 'reactivate' && (
        <ConfirmDialog
          open
          onOpenChange={() => setAsking(undefined)}
          title={t(`life.ask.${asking}`, { name })}
          consequence={t(`life.askText.${asking}`)}
          action={t(`life.act.${asking}`)}
          {...(asking === 'delete' ? { typeName: name } : {})}
          busy={run.isPending}
          error={run.error && <ErrorNote title={t('life.failed')} failure={toFailure(run.error)} />}
          onConfirm={() => run.mutate(asking)}
        />
      )}
    </section>
  );
}
