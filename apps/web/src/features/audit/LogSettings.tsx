import { ConfirmDialog } from '@privexbot/ui/base/Dialog.tsx';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { auditSettingsQuery } from '../../queries.ts';
import { useCan } from '../../session/session.ts';
import { Sinks } from './Sinks.tsx';

const DAYS = [30, 90, 180, 365, 730, 1_825, 3_650] as const;
const EVER = 'ever';

/** Where new entries go, and how long they are kept. */
export function LogSettings({ org }: { org: string }) {
  const t = useText();
  const mayChange = useCan()('people.manage');
  return (
    <section aria-labelledby="audit-settings" className="flex max-w-3xl flex-col gap-5 border-t border-line pt-5">
      <h2 id="audit-settings" className="text-h2 font-semibold">
        {t('audit.settings')}
      </h2>
      <Retention org={org} mayChange={mayChange} />
      <Sinks org={org} mayChange={mayChange} />
    </section>
  );
}

function Retention({ org, mayChange }: { org: string; mayChange: boolean }) {
  const t = useText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const query = useQuery(auditSettingsQuery(org));
  const [asked, setAsked] = useState<number | typeof EVER>();
  const change = useMutation({
    mutationFn: async (days: number | typeof EVER) =>
      (await api()).audit.changeSettings({ params: { org }, body: days === EVER ? {} : { retentionDays: days } }),
    onSuccess: (settings) => {
      queryClient.setQueryData(auditSettingsQuery(org).queryKey, settings);
      toast(t('audit.retentionSaved'));
      setAsked(undefined);
    },
  });
  const wordOf = (days: number) => (days % 365 === 0 ? t('audit.years', { count: days / 365 }) : t('audit.days', { count: days }));
  return (
    <Loaded query={query} failed={t('audit.settingsFailed')}>
      {({ retentionDays }) => {
        const all = retentionDays === undefined || (DAYS as readonly number[]).includes(retentionDays) ? DAYS : [...DAYS, retentionDays];
        return (
          <div className="flex max-w-xl flex-col gap-2">
            <Select
              label={t('audit.retention')}
              help={t('audit.retentionText')}
              disabled={!mayChange}
              value={retentionDays === undefined ? EVER : String(retentionDays)}
              options={[{ value: EVER, label: t('audit.forEver') }, ...all.map((days) => ({ value: String(days), label: wordOf(days) }))]}
              onValueChange={(next) => (next === EVER ? change.mutate(EVER) : setAsked(Number(next)))}
            />
            {change.error && asked === undefined && <ErrorNote title={t('audit.retentionFailed')} failure={toFailure(change.error)} />}
            <ConfirmDialog
              open={asked !== undefined}
              onOpenChange={() => setAsked(undefined)}
              title={t('audit.retentionTitle', { time: typeof asked === 'number' ? wordOf(asked) : '' })}
              consequence={t('audit.retentionConsequence')}
              action={t('audit.retentionAction')}
              busy={change.isPending}
              error={change.error && <ErrorNote title={t('audit.retentionFailed')} failure={toFailure(change.error)} />}
              onConfirm={() => asked !== undefined && change.mutate(asked)}
            />
          </div>
        );
      }}
    </Loaded>
  );
}
