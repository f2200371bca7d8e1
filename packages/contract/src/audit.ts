import * as z from 'zod';
import { InOrg, Page, pageOf, Time } from './common.ts';
import { endpoint } from './endpoint.ts';

const Entry = z.object({
  /** Place in the chain of its writer (one server process). */
  writer: z.string(),
  sequence: z.number().int(),
  at: Time,
  action: z.string(),
  /** A member's name and address, an API key's name, `visitor`, or `system`. */
  actor: z.string(),
  /** The id the action was about. */
  target: z.string().optional(),
  /** Ids, counts, roles and states; never content. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

export const AuditReport = z.object({
  /** Whether every chain is unbroken and joined by valid checkpoints. */
  intact: z.boolean(),
  entries: z.number().int(),
  writers: z.number().int(),
  checkpoints: z.number().int(),
  checkedAt: Time,
  /** The first bad place, where there is one. */
  problem: z.object({ writer: z.string(), sequence: z.number().int(), what: z.string() }).optional(),
});

export const audit = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit',
    summary: 'The audit log, newest first',
    access: 'audit.read',
    rate: 'read',
    audit: 'audit.read',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    query: Page.extend({ action: z.string().max(60).optional() }),
    response: pageOf(Entry),
  }),
  verify: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit/verify',
    summary: 'Recompute every chain of the audit log',
    access: 'audit.read',
    rate: 'write',
    audit: 'audit.verified',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: AuditReport,
  }),
};
