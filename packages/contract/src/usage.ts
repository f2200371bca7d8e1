import * as z from 'zod';
import { InOrg } from './common.ts';
import { endpoint } from './endpoint.ts';

/** What is counted: model calls and their tokens, texts embedded, bytes stored. */
export const METERS = ['model_calls', 'input_tokens', 'output_tokens', 'embedded_texts', 'stored_bytes'] as const;
export type Meter = (typeof METERS)[number];

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
};
