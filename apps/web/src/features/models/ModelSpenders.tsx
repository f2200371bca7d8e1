import { SPENDERS, type SpenderKind, type SpendingRules } from '@privexbot/contract';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery } from '@tanstack/react-query';
import { toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { modelName } from '../../parts/model-name.ts';
import { spendingQuery } from '../../queries.ts';
import { useSetSpending } from '../usage/use-spending.ts';
import type { ModelInfo } from './ModelCard.tsx';

/** Which roles, and whether visitors, may use which model: each box counts at once. */
export function ModelSpenders({ org, models }: { org: string; models: readonly ModelInfo[] }) {
  const t = useText();
  const query = useQuery(spendingQuery(org));
  return (
    <section aria-labelledby="spenders" className="flex max-w-3xl flex-col gap-3">
      <h2 id="spenders" className="text-h2 font-semibold">
        {t('models.spenders')}
      </h2>
      <p className="text-body text-muted">{t('models.spendersText')}</p>
      <Loaded query={query} failed={t('spending.loadFailed')}>
        {({ rules, revision }) => <Table org={org} models={models} rules={rules} revision={revision} />}
      </Loaded>
    </section>
  );
}

function Table({ org, models, rules, revision }: { org: string; models: readonly ModelInfo[]; rules: SpendingRules; revision: number }) {
  const t = useText();
  const set = useSetSpending(org);
  const change = useMutation({ mutationFn: (changed: SpendingRules) => set(changed, revision) });
  // As it will be, while it is being saved.
  const shown = change.isPending ? change.variables : rules;
  const spendersOf = (id: ModelInfo['id']) => shown.models.find(({ model }) => model === id)?.spenders ?? SPENDERS;
  const name = (kind: SpenderKind) => (kind === 'visitor' ? t('models.visitors') : t(`role.${kind}`));

  function toggle(id: ModelInfo['id'], kind: SpenderKind, may: boolean): void {
    if (change.isPending) return;
    const spenders = SPENDERS.filter((one) => (one === kind ? may : spendersOf(id).includes(one)));
    const others = rules.models.filter(({ model }) => model !== id);
    change.mutate({ ...rules, models: spenders.length === SPENDERS.length ? others : [...others, { model: id, spenders }] });
  }

  const columns: Column<ModelInfo>[] = [
    { id: 'model', header: t('usage.model'), cell: (model) => <bdi>{modelName(t, model)}</bdi> },
    ...SPENDERS.map(
      (kind): Column<ModelInfo> => ({
        id: kind,
        header: name(kind),
        cell: (model) => (
          <input
            type="checkbox"
            aria-label={t('models.mayUse', { who: name(kind), model: modelName(t, model) })}
            checked={spendersOf(model.id).includes(kind)}
            onChange={(event) => toggle(model.id, kind, event.currentTarget.checked)}
            className="size-4 accent-accent pointer-coarse:size-6"
          />
        ),
      }),
    ),
  ];
  return (
    <>
      <DataTable caption={t('models.spenders')} columns={columns} rows={models} rowKey={({ id }) => id} />
      {change.error && <ErrorNote title={t('spending.notSaved')} failure={toFailure(change.error)} />}
    </>
  );
}
