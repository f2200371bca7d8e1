import { METERS, type Meter } from '@privexbot/contract';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { usageQuery } from '../../queries.ts';
import { useOrganization } from '../../session/session.ts';
import { SpendingLimits } from './SpendingLimits.tsx';
import { type UsageDay, usageDays } from './usage-days.ts';

const PERIODS = ['7', '30', '90', '365'] as const;

/** What was used: totals of the period, then a row for each day and model. */
export function Usage() {
  const t = useText();
  return (
    <Guarded permission="usage.read" title={t('nav.usage')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const organization = useOrganization();
  const search = useSearch({ from: '/signed-in/framed/o/$org/usage' });
  const days = PERIODS.find((period) => period === search.days) ?? '30';
  return (
    <Page title={t('nav.usage')}>
      <div className="max-w-60">
        <Select
          label={t('usage.period')}
          value={days}
          options={PERIODS.map((value) => ({ value, label: t('usage.lastDays', { days: Number(value) }) }))}
          onValueChange={(next) => void navigate({ to: '/o/$org/usage', params: { org: organization.id }, search: { days: next } })}
        />
      </div>
      <Figures org={organization.id} days={Number(days)} />
      <SpendingLimits org={organization.id} />
    </Page>
  );
}

function Figures({ org, days }: { org: string; days: number }) {
  const { t, formats } = useTexts();
  const query = useQuery(usageQuery(org, days));
  const amount = (meter: Meter, value: number) => (meter === 'stored_bytes' ? formats.bytes(value) : formats.number(value));
  const columns: Column<UsageDay>[] = [
    { id: 'day', header: t('usage.day'), cell: (row) => <time dateTime={row.day}>{formats.date(`${row.day}T12:00:00Z`)}</time> },
    { id: 'model', header: t('usage.model'), cell: (row) => <bdi>{row.model || t('usage.noModel')}</bdi> },
    ...METERS.map(
      (meter): Column<UsageDay> => ({
        id: meter,
        header: t(`usage.meter.${meter}`),
        numeric: true,
        cell: (row) => (row.amounts[meter] === undefined ? '–' : amount(meter, row.amounts[meter])),
      }),
    ),
  ];
  return (
    <Loaded query={query} failed={t('usage.loadFailed')}>
      {({ totals, rows }) => (
        <>
          <dl className="grid grid-cols-2 gap-3 md:grid-cols-5">
            {METERS.map((meter) => (
              <div key={meter} className="flex flex-col-reverse rounded-card border border-line bg-surface p-3">
                <dt className="text-dense text-muted">{t(`usage.meter.${meter}`)}</dt>
                <dd className="text-h2 font-semibold tabular-nums">{amount(meter, totals[meter])}</dd>
              </div>
            ))}
          </dl>
          <p className="text-dense text-muted">{t('usage.explained')}</p>
          {rows.length === 0 ? (
            <EmptyState title={t('usage.emptyTitle')}>{t('usage.emptyText')}</EmptyState>
          ) : (
            <DataTable caption={t('usage.table')} columns={columns} rows={usageDays(rows)} rowKey={(row) => `${row.day} ${row.model}`} />
          )}
        </>
      )}
    </Loaded>
  );
}
