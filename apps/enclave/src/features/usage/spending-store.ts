import type { OrgId, SpendingRules, UserId } from '@privexbot/contract';
import { sql as raw } from 'kysely';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** What somebody used today and this month, by UTC. */
export interface Spent {
  tokensPerDay: number;
  tokensPerMonth: number;
  textsPerDay: number;
  textsPerMonth: number;
}

export interface StoredRules {
  readonly rules: SpendingRules;
  readonly revision: number;
}

export const NOTHING_SPENT: Spent = { tokensPerDay: 0, tokensPerMonth: 0, textsPerDay: 0, textsPerMonth: 0 };
/** What holds before anybody set anything. */
const NO_RULES: SpendingRules = { organization: {}, member: {}, members: [], models: [] };
const MEMBERS_LISTED = 200;

function placeOf(org: OrgId, version: number): Place {
  return { table: 'spending_rules', realm: org, id: org, version };
}

/** A row that somebody took away is no permission: it is refused. */
export async function findRules(keyring: Keyring, tx: Transaction): Promise<StoredRules> {
  const { realm: org } = tx;
  const row = await tx.sql.selectFrom('spending_rules').selectAll().where('org_id', '=', org).executeTakeFirst();
  await tx.check('spending_rules', org, row?.sealed ?? null);
  if (!row) return { rules: NO_RULES, revision: 0 };
  const rules = openValue<SpendingRules>(await keyring.organization(tx.keys, org), placeOf(org, row.version), row.sealed);
  return { rules, revision: row.version };
}

/** Sets them in place of those of `revision`. @throws AppError `conflict` */
export async function replaceRules(keyring: Keyring, tx: Transaction, rules: SpendingRules, revision: number): Promise<void> {
  const { realm: org } = tx;
  await tx.lock('spending_rules');
  const before = await findRules(keyring, tx);
  if (before.revision !== revision) throw new AppError('conflict');
  const row = { org_id: org, version: revision + 1 };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(org, row.version), rules);
  await tx.record('spending_rules', org, sealed);
  await tx.sql
    .insertInto('spending_rules')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ version: row.version, sealed }))
    .execute();
}

const TODAY = raw`(now() at time zone 'utc')::date`;
const THIS_MONTH = raw`date_trunc('month', now() at time zone 'utc')::date`;
const TOKENS = raw`meter in ('input_tokens', 'output_tokens')`;
const TEXTS = raw`meter = 'embedded_texts'`;
const SUMS = raw`
  coalesce(sum(amount) filter (where ${TOKENS} and day = ${TODAY}), 0)::bigint as "tokensPerDay",
  coalesce(sum(amount) filter (where ${TOKENS}), 0)::bigint as "tokensPerMonth",
  coalesce(sum(amount) filter (where ${TEXTS} and day = ${TODAY}), 0)::bigint as "textsPerDay",
  coalesce(sum(amount) filter (where ${TEXTS}), 0)::bigint as "textsPerMonth"`;

/** Of the organization, or of one of its members. */
export async function findSpent(tx: Transaction, user?: UserId): Promise<Spent> {
  const { rows } = user
    ? await raw<Spent>`select ${SUMS} from member_usage where org_id = ${tx.realm} and user_id = ${user} and day >= ${THIS_MONTH}`.execute(
        tx.sql,
      )
    : await raw<Spent>`select ${SUMS} from usage where org_id = ${tx.realm} and day >= ${THIS_MONTH}`.execute(tx.sql);
  return rows[0] ?? { ...NOTHING_SPENT };
}

/** Members who used something this month, those who used most first. */
export async function listSpent(tx: Transaction): Promise<{ user: UserId; spent: Spent }[]> {
  const { rows } = await raw<Spent & { user_id: UserId }>`
    select user_id, ${SUMS} from member_usage where org_id = ${tx.realm} and day >= ${THIS_MONTH}
    group by user_id order by 3 desc, 5 desc, 1 limit ${MEMBERS_LISTED}`.execute(tx.sql);
  return rows.map(({ user_id, ...spent }) => ({ user: user_id, spent }));
}
