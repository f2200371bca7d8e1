import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Loaded } from '../../parts/Loaded.tsx';
import { usageQuery } from '../../queries.ts';

/** The last thirty days in two figures. */
export function UsageGlance({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const query = useQuery(usageQuery(org, 30));
  return (
    <section className="flex flex-col gap-2 rounded-card border border-line bg-surface p-4">
      <h2 className="text-reading font-semibold">{t('nav.usage')}</h2>
      <Loaded query={query} failed={t('usage.loadFailed')}>
        {({ totals }) => (
          <dl className="grid grid-cols-[1fr_auto] gap-1 text-body">
            <dt className="text-muted">{t('usage.meter.model_calls')}</dt>
            <dd className="text-end tabular-nums">{formats.number(totals.model_calls)}</dd>
            <dt className="text-muted">{t('usage.meter.stored_bytes')}</dt>
            <dd className="text-end tabular-nums">{formats.bytes(totals.stored_bytes)}</dd>
          </dl>
        )}
      </Loaded>
      <Link to="/o/$org/usage" params={{ org }} className="text-dense text-accent-text hover:underline">
        {t('home.usageMore')}
      </Link>
    </section>
  );
}
