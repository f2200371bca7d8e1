import { LIMITED, type SpendingLimit, type SpendingRules } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { spendingQuery } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { MemberLimit } from './MemberLimit.tsx';
import { toFields, toLimit, wrongFields } from './spending.ts';
import { type Spending, useSetSpending } from './use-spending.ts';

type Member = Spending['members'][number];

/** What may be spent, by all together and by each member, and what was spent so far. */
export function SpendingLimits({ org }: { org: string }) {
  const { t } = useTexts();
  const query = useQuery(spendingQuery(org));
  return (
    <section aria-labelledby="spending" className="flex flex-col gap-4">
      <h2 id="spending" className="text-h2 font-semibold">
        {t('spending.title')}
      </h2>
      <p className="text-body text-muted">{t('spending.text')}</p>
      <Loaded query={query} failed={t('spending.loadFailed')}>
        {(spending) => (
          <>
            <div className="grid gap-6 md:grid-cols-2">
              <Limit org={org} spending={spending} of="organization" />
              <Limit org={org} spending={spending} of="member" />
            </div>
            {spending.members.length > 0 && <Members org={org} spending={spending} />}
          </>
        )}
      </Loaded>
    </section>
  );
}

function Limit({ org, spending, of }: { org: string; spending: Spending; of: 'organization' | 'member' }) {
  const { t, formats } = useTexts();
  const set = useSetSpending(org);
  const { rules, spent } = spending;
  const help = (name: keyof SpendingLimit) =>
    of === 'organization' ? t('spending.soFar', { amount: formats.number(spent[name]) }) : undefined;
  return (
    <div className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <h3 className="text-body font-semibold">{t(`spending.of.${of}`)}</h3>
      <SettingForm
        // What somebody else saved meanwhile takes the place of what was not changed here.
        key={spending.revision}
        initial={toFields(rules[of])}
        check={(values) => Object.fromEntries(wrongFields(values).map((name) => [name, t('spending.wholeNumber')]))}
        save={async (values) => {
          const changed: SpendingRules = { ...rules, [of]: toLimit(values) };
          await set(changed, spending.revision);
        }}
        failed={t('spending.notSaved')}
        disabledReason={useReason()('models.edit')}
      >
        {(field) =>
          LIMITED.map((name) => (
            <TextField
              key={name}
              {...field(name)}
              label={t(`spending.${name}`)}
              help={help(name)}
              inputMode="numeric"
              autoComplete="off"
              placeholder={t('spending.noLimit')}
            />
          ))
        }
      </SettingForm>
    </div>
  );
}

function Members({ org, spending }: { org: string; spending: Spending }) {
  const { t, formats } = useTexts();
  const [changing, setChanging] = useState<Member>();
  const reason = useReason()('models.edit');
  const own = new Set<string>(spending.rules.members.map(({ user }) => user));
  const columns: Column<Member>[] = [
    {
      id: 'name',
      header: t('spending.member'),
      cell: ({ user, name }) => (
        <>
          <bdi>{name || t('spending.gone')}</bdi> {own.has(user) && <Chip>{t('spending.ownLimit')}</Chip>}
        </>
      ),
    },
    ...LIMITED.map(
      (name): Column<Member> => ({
        id: name,
        header: t(`spending.used.${name}`),
        numeric: true,
        cell: ({ spent }) => formats.number(spent[name]),
      }),
    ),
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (member) => (
        <Button size="sm" disabledReason={reason} onClick={() => setChanging(member)}>
          {t('spending.setOwn')}
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable caption={t('spending.table')} columns={columns} rows={spending.members} rowKey={({ user }) => user} />
      {changing && <MemberLimit org={org} spending={spending} member={changing} onClose={() => setChanging(undefined)} />}
    </>
  );
}
