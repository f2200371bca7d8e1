import { LIMITED, type Limited, type SpendingLimit, type SpendingRules } from '@privexbot/contract';

/** A limit as its fields hold it; an empty one is without limit. */
export type LimitFields = Record<Limited, string>;

const MOST = 1_000_000_000_000;

export function toFields(limit: SpendingLimit): LimitFields {
  return Object.fromEntries(LIMITED.map((name) => [name, limit[name]?.toString() ?? ''])) as LimitFields;
}

/** Only whole numbers; what people write between thousands is left out. */
export function toLimit(fields: LimitFields): SpendingLimit {
  return Object.fromEntries(LIMITED.flatMap((name) => (isEmpty(fields[name]) ? [] : [[name, amountOf(fields[name])]])));
}

/** The fields that hold no amount. */
export function wrongFields(fields: LimitFields): Limited[] {
  return LIMITED.filter((name) => !isEmpty(fields[name]) && amountOf(fields[name]) === undefined);
}

/** The rules with another limit of one member; without one the member has that of everybody. */
export function withMember(rules: SpendingRules, user: SpendingRules['members'][number]['user'], limit: SpendingLimit | undefined) {
  const members = rules.members.filter((member) => member.user !== user);
  return { ...rules, members: limit ? [...members, { user, limit }] : members };
}

function isEmpty(text: string): boolean {
  return text.trim() === '';
}

function amountOf(text: string): number | undefined {
  const digits = text.replace(/[\s.,'’_]/g, '');
  const amount = /^\d{1,13}$/.test(digits) ? Number(digits) : Number.NaN;
  return amount <= MOST ? amount : undefined;
}
