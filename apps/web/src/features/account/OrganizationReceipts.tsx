import { Button } from '@privexbot/ui/base/Button.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { saveFile } from '../../parts/save-file.ts';

const receiptsQuery = queryOptions({
  queryKey: ['organization-receipts'],
  queryFn: async ({ signal }) => (await api()).organizations.receipts({}, { signal }),
});

/** What was destroyed of organizations in which this person was an Admin; nothing where there is none. */
export function OrganizationReceipts() {
  const { t, formats } = useTexts();
  const { data = [] } = useQuery(receiptsQuery);
  if (data.length === 0) return null;
  return (
    <section aria-labelledby="receipts" className="flex flex-col gap-3">
      <h2 id="receipts" className="text-h2 font-semibold">
        {t('life.receipts')}
      </h2>
      <ul className="flex flex-col gap-2">
        {data.map((signed) => (
          <li key={signed.receipt.organization} className="flex flex-wrap items-center justify-between gap-2">
            <span>
              <bdi>{signed.receipt.name}</bdi>{' '}
              <span className="text-muted">{t('life.destroyed', { at: formats.date(signed.receipt.destroyedAt) })}</span>
            </span>
            <Button size="sm" onClick={() => void saveFile(Response.json(signed), `receipt-${signed.receipt.organization}.json`)}>
              {t('life.download')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
