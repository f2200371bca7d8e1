import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId, type Translate } from '@privexbot/ui/text/texts.ts';
import type { Effect } from './queries.ts';

type Reason = Effect['you'][number];
type Person = Effect['locked'][number];

const REASONS: Record<Reason, MessageId> = {
  second_factor: messageId('policies.reason.second_factor'),
  sso: messageId('policies.reason.sso'),
  way: messageId('policies.reason.way'),
  address: messageId('policies.reason.address'),
  session: messageId('policies.reason.session'),
};

const MISSING: Record<Effect['missing'][number], MessageId> = {
  no_connection: messageId('policies.missing.no_connection'),
  no_break_glass: messageId('policies.missing.no_break_glass'),
};

function inWords(t: Translate, count: number, members: number): string {
  if (count === 0) return t('policies.nobodyOut', { members });
  return members === 1 ? t('policies.lockedOutAlone') : t('policies.lockedOut', { count, members });
}

/** Whom the draft would keep out, before anybody is. */
export function PolicyEffect({ effect }: { effect: Effect }) {
  const { t, formats } = useTexts();
  const { members, counts, locked, you, missing } = effect;
  const reasonsOf = (reasons: readonly Reason[]) => formats.list(reasons.map((reason) => t(REASONS[reason])));
  const columns: Column<Person>[] = [
    { id: 'name', header: t('policies.member'), cell: ({ name, email }) => <bdi>{email ? `${name} (${email})` : name}</bdi> },
    { id: 'why', header: t('policies.why'), cell: ({ reasons }) => reasonsOf(reasons) },
  ];
  return (
    <section aria-label={t('policies.effect')} className="flex flex-col gap-3">
      <h2 className="text-reading font-semibold">{t('policies.effect')}</h2>
      {you.length > 0 && <Refusal>{t('policies.youToo', { reasons: reasonsOf(you) })}</Refusal>}
      <MissingForSso needs={missing} />
      <p role="status" className="text-body">
        {inWords(t, locked.length, members)}
        {counts.session ? ` ${t('policies.signInAgain', { count: counts.session })}` : ''}
      </p>
      {locked.length > 0 && <DataTable caption={t('policies.effect')} columns={columns} rows={locked} rowKey={({ user }) => user} />}
    </section>
  );
}

/** What has to be there before members come in by a connection only, or has gone since. */
export function MissingForSso({ needs }: { needs: Effect['missing'] }) {
  const { t } = useTexts();
  return needs.map((need) => <Refusal key={need}>{t(MISSING[need])}</Refusal>);
}

function Refusal({ children }: { children: string }) {
  return (
    <p role="alert" className="rounded-card border border-danger bg-danger-soft p-3 text-body text-danger">
      {children}
    </p>
  );
}
