import { hasPermission, type OrgId, PERMISSIONS, type Role, type SpenderKind, type SpendingLimit, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { Recent } from '../../recent.ts';
import { findRules, findSpent, type Spent, type StoredRules } from './spending-store.ts';
import type { Count } from './store.ts';

/** On whose behalf something is spent: a member's, by session, key or job; or, without one, a visitor's. */
export interface Spender {
  readonly org: OrgId;
  readonly user?: UserId | undefined;
}

/** What is about to be used. A model's name is what bots choose it by. */
export type Use = { readonly tokens: number; readonly model: string } | { readonly texts: number };

/** What was let through and is not counted yet. */
export interface Spending extends Disposable {
  /** Says what it came to, once that is stored. */
  counted(counts: readonly Count[]): void;
}

interface Account {
  readonly spent: Spent;
  readonly limits: SpendingLimit;
  readonly whose: 'organization' | 'member';
  /** Its name among what is under way. */
  readonly name: string;
}

type FindRole = (user: UserId, org: OrgId) => Promise<Role | undefined>;

/**
 * What every call of a language or embedding model passes before it is made, whoever asks for it and however long ago: route,
 * job, retry, resumed answer, key. Rights, models by role and limits are those of this moment.
 */
export class Meter {
  readonly #context: Pick<Context, 'db' | 'keyring'>;
  readonly #findRole: FindRole;
  readonly #rules: Recent<StoredRules>;
  readonly #spent: Recent<Spent>;
  /** Tokens and texts of what is under way, by account: many at once must not all pass below the same limit. */
  readonly #underWay = new Map<string, { tokens: number; texts: number }>();

  constructor(context: Pick<Context, 'db' | 'keyring' | 'now'>, findRole: FindRole) {
    this.#context = context;
    this.#findRole = findRole;
    const changes = () => context.db.heads.changes;
    this.#rules = new Recent(context.now, changes);
    this.#spent = new Recent(context.now, () => 0);
  }

  /**
   * Lets a call pass, and holds what it may use until it is disposed.
   * @throws AppError `not_allowed`, `model_not_allowed`, `spending_limit_reached`
   */
  async admit(spender: Spender, use: Use): Promise<Spending> {
    const { org, user } = spender;
    const kind = await this.#requireSpender(spender);
    const { rules } = await this.#rules.get(org, () => this.#inOrg(org, (tx) => findRules(this.#context.keyring, tx)));
    if ('model' in use) {
      const rule = rules.models.find(({ model }) => model === use.model);
      if (rule && !rule.spenders.includes(kind)) throw new AppError('model_not_allowed');
    }
    const own = user ? (rules.members.find((member) => member.user === user)?.limit ?? rules.member) : undefined;
    const opened = [await this.#open(org, undefined, 'organization', rules.organization), await this.#open(org, user, 'member', own)];
    const accounts = opened.filter((account) => account !== undefined);
    for (const account of accounts) this.#requireRoom(account, use);
    const [tokens, texts] = 'model' in use ? [use.tokens, 0] : [0, use.texts];
    for (const { name } of accounts) this.#add(name, tokens, texts);
    let isHeld = true;
    return {
      counted: (counts) => {
        for (const { spent } of accounts) addTo(spent, counts);
      },
      [Symbol.dispose]: () => {
        if (isHeld) for (const { name } of accounts) this.#add(name, -tokens, -texts);
        isHeld = false;
      },
    };
  }

  async #requireSpender({ org, user }: Spender): Promise<SpenderKind> {
    if (!user) return 'visitor';
    const role = await this.#findRole(user, org);
    if (!role || role === 'tier4' || !hasPermission(role, 'ai.invoke'))
      throw new AppError('not_allowed', { allows: PERMISSIONS['ai.invoke'].allows });
    return role;
  }

  /** An account that has no limit costs no look. */
  async #open(
    org: OrgId,
    user: UserId | undefined,
    whose: Account['whose'],
    limits: SpendingLimit | undefined,
  ): Promise<Account | undefined> {
    if (!limits || Object.values(limits).every((limit) => limit === undefined)) return undefined;
    const name = `${org} ${user ?? ''}`;
    const spent = await this.#spent.get(name, () => this.#inOrg(org, (tx) => findSpent(tx, user)));
    return { spent, limits, whose, name };
  }

  #requireRoom({ spent, limits, whose, name }: Account, use: Use): void {
    // Quoting costs nothing.
    if ('model' in use && use.tokens === 0) return;
    const underWay = this.#underWay.get(name);
    const unit = 'model' in use ? 'tokens' : 'texts';
    for (const period of ['Day', 'Month'] as const) {
      const limit = limits[`${unit}Per${period}`];
      if (limit !== undefined && spent[`${unit}Per${period}`] + (underWay?.[unit] ?? 0) >= limit)
        throw new AppError('spending_limit_reached', { whose, unit, period: period.toLowerCase(), limit });
    }
  }

  #add(name: string, tokens: number, texts: number): void {
    const before = this.#underWay.get(name) ?? { tokens: 0, texts: 0 };
    const after = { tokens: before.tokens + tokens, texts: before.texts + texts };
    if (after.tokens <= 0 && after.texts <= 0) this.#underWay.delete(name);
    else this.#underWay.set(name, after);
  }

  #inOrg<T>(org: OrgId, fn: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#context.db.transaction(org, 'system', fn);
  }
}

/** What was counted a moment ago is not among the sums that were read before. */
function addTo(spent: Spent, counts: readonly Count[]): void {
  for (const { meter, amount } of counts)
    if (meter === 'input_tokens' || meter === 'output_tokens') {
      spent.tokensPerDay += amount;
      spent.tokensPerMonth += amount;
    } else if (meter === 'embedded_texts') {
      spent.textsPerDay += amount;
      spent.textsPerMonth += amount;
    }
}
