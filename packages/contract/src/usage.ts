import * as z from 'zod';
import { ModelChoice } from './bots.ts';
import { InOrg } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

/** What is counted: model calls and their tokens, texts embedded, bytes stored. */
export const METERS = ['model_calls', 'input_tokens', 'output_tokens', 'embedded_texts', 'stored_bytes'] as const;
export type Meter = (typeof METERS)[number];

/** Who may spend: roles that may ask models, and visitors of public pages. */
export const SPENDERS = ['admin', 'tier1', 'tier2', 'tier3', 'visitor'] as const;
export type SpenderKind = (typeof SPENDERS)[number];

/** What is limited: tokens in and out together, and texts embedded, by UTC day and month. */
export const LIMITED = ['tokensPerDay', 'tokensPerMonth', 'textsPerDay', 'textsPerMonth'] as const;
export type Limited = (typeof LIMITED)[number];

const Amount = z.number().int().min(0).max(1_000_000_000_000);
/** Absent is without limit. */
export const SpendingLimit = z.object({
  tokensPerDay: Amount.optional(),
  tokensPerMonth: Amount.optional(),
  textsPerDay: Amount.optional(),
  textsPerMonth: Amount.optional(),
});
export type SpendingLimit = z.output<typeof SpendingLimit>;

export const SpendingRules = z.object({
  organization: SpendingLimit,
  /** Of each member that has none of its own. */
  member: SpendingLimit,
  members: z.array(z.object({ user: idSchema('user'), limit: SpendingLimit })).max(1_000),
  /** Models that only some may use; one that is not listed is for everybody. */
  models: z.array(z.object({ model: ModelChoice, spenders: z.array(z.enum(SPENDERS)).max(SPENDERS.length) })).max(500),
});
export type SpendingRules = z.output<typeof SpendingRules>;

const Spent = z.object({ tokensPerDay: z.number(), tokensPerMonth: z.number(), textsPerDay: z.number(), textsPerMonth: z.number() });
const Spending = z.object({
  rules: SpendingRules,
  /** Send it back with a change. */
  revision: z.number().int(),
  /** Today and this month. */
  spent: Spent,
  /** Members who used something this month, those who used most first. */
  members: z.array(z.object({ user: idSchema('user'), name: z.string(), spent: Spent })),
});

export const usage = {
  read: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/usage',
    summary: 'What was used, by UTC day and model',
    access: 'usage.read',
    rate: 'read',
    audit: null,
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    query: z.object({ days: z.coerce.number().int().min(1).max(366).default(30) }),
    response: z.object({
      totals: z.record(z.enum(METERS), z.number()),
      rows: z.array(z.object({ day: z.iso.date(), meter: z.enum(METERS), model: z.string(), amount: z.number() })),
    }),
  }),
  spending: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/spending',
    summary: 'Spending limits, models by role, and what was spent today and this month',
    access: 'usage.read',
    rate: 'read',
    audit: null,
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: Spending,
  }),
  setSpending: endpoint({
    method: 'PUT',
    path: '/v1/organizations/:org/spending',
    summary: 'Set spending limits and which roles may use which models; they hold for the next call',
    access: 'models.edit',
    rate: 'write',
    audit: 'spending.changed',
    failures: ['not_found', 'not_allowed', 'conflict'],
    params: InOrg,
    body: z.object({ rules: SpendingRules, revision: z.number().int() }),
    response: Spending,
  }),
};
