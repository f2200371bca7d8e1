import * as z from 'zod';
import { InOrg, Name, Page, pageOf, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

const Entry = z.object({
  /** Place in the chain of its writer (one server process). */
  writer: z.string(),
  sequence: z.number().int(),
  at: Time,
  action: z.string(),
  /** A member's name and address, an API key's name, `visitor`, or `system`. */
  actor: z.string(),
  /** The same as an id, to filter by. */
  actorId: z.string(),
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
  /** What was dropped because the organization keeps its log for so long only. */
  dropped: z.object({ entries: z.number().int(), before: Time }).optional(),
  /** The first bad place, where there is one. */
  problem: z.object({ writer: z.string(), sequence: z.number().int(), what: z.string() }).optional(),
});

/** Narrows the log; what is left out narrows nothing. */
const Filter = z.object({
  /** An action, or the domain of several: `member`. */
  action: z.string().max(60).optional(),
  /** Id of a person, an API key or a connection; `visitor`; `system`. */
  actor: z.string().max(60).optional(),
  /** The id that entries are about. */
  target: z.string().max(60).optional(),
  from: Time.optional(),
  /** Up to this instant, which is left out. */
  to: Time.optional(),
});

export const AUDIT_FORMATS = ['jsonl', 'cef'] as const;
/** How long an organization may keep its log, in days. */
export const AUDIT_RETENTION = { min: 30, max: 3_650 } as const;

const Settings = z.object({
  /** Entries older than so many days are dropped; none where it is absent. */
  retentionDays: z.number().int().min(AUDIT_RETENTION.min).max(AUDIT_RETENTION.max).optional(),
});

const Webhook = z.object({ kind: z.literal('webhook'), name: Name, url: z.url({ protocol: /^https?$/ }).max(1_000) });
const Syslog = z.object({
  kind: z.literal('syslog'),
  name: Name,
  host: z
    .string()
    .trim()
    .max(253)
    .regex(/^[\w.:-]+$/),
  port: z.number().int().min(1).max(65_535),
  /** Without it whoever is on the way reads what is sent. */
  tls: z.boolean(),
  /** Certificates (PEM) that are trusted beside the usual ones. */
  ca: z.string().max(20_000).optional(),
  format: z.enum(AUDIT_FORMATS),
});
export const NewSink = z.discriminatedUnion('kind', [Webhook, Syslog]);

/** Why the last delivery failed. */
export const SINK_FAILURES = ['private_address', 'unreachable', 'timeout', 'tls', 'refused'] as const;

const Sink = z.object({
  id: idSchema('sink'),
  kind: z.enum(['webhook', 'syslog']),
  name: z.string(),
  /** Host and port that entries go to. */
  destination: z.string(),
  tls: z.boolean(),
  createdAt: Time,
  /** The last time that something was taken. */
  deliveredAt: Time.optional(),
  delivered: z.number().int(),
  failure: z.enum(SINK_FAILURES).optional(),
  failingSince: Time.optional(),
});

const Refusals = ['not_found', 'not_allowed'] as const;
const InSink = InOrg.extend({ sink: idSchema('sink') });

export const audit = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit',
    summary: 'The audit log, newest first',
    access: 'audit.read',
    rate: 'read',
    audit: 'audit.read',
    failures: Refusals,
    params: InOrg,
    query: Page.extend(Filter.shape),
    response: pageOf(Entry),
  }),
  verify: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit/verify',
    summary: 'Recompute every chain of the audit log',
    access: 'audit.read',
    rate: 'write',
    audit: 'audit.verified',
    failures: Refusals,
    params: InOrg,
    response: AuditReport,
  }),
  export: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit/export',
    summary: 'The audit log as JSON Lines that can be checked offline, or as CEF',
    access: 'audit.read',
    rate: 'write',
    audit: 'audit.exported',
    failures: Refusals,
    params: InOrg,
    query: Filter.extend({ format: z.enum(AUDIT_FORMATS).default('jsonl') }),
    download: true,
  }),
  settings: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit/settings',
    summary: 'How long the audit log is kept',
    access: 'audit.read',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: Settings,
  }),
  changeSettings: endpoint({
    method: 'PUT',
    path: '/v1/organizations/:org/audit/settings',
    summary: 'Keep the audit log for so many days; older entries are dropped, and a signed checkpoint says so',
    access: 'people.manage',
    rate: 'write',
    audit: 'audit.settings_changed',
    fresh: true,
    failures: Refusals,
    params: InOrg,
    body: Settings,
    response: Settings,
  }),
  sinks: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/audit/sinks',
    summary: 'Where new entries are sent',
    access: 'audit.read',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: z.array(Sink),
  }),
  addSink: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/audit/sinks',
    summary: 'Send new entries to a webhook or by syslog; the secret that signs a webhook is shown once',
    access: 'people.manage',
    rate: 'write',
    audit: 'sink.added',
    fresh: true,
    failures: [...Refusals, 'private_address'],
    params: InOrg,
    body: NewSink,
    response: Sink.extend({ secret: z.string().optional() }),
  }),
  testSink: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/audit/sinks/:sink/test',
    summary: 'Send one entry that says it is a test, now',
    access: 'people.manage',
    rate: 'write',
    audit: 'sink.tested',
    failures: Refusals,
    params: InSink,
    response: z.object({ ok: z.boolean(), failure: z.enum(SINK_FAILURES).optional() }),
  }),
  removeSink: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/audit/sinks/:sink',
    summary: 'Send nothing there any more',
    access: 'people.manage',
    rate: 'write',
    audit: 'sink.removed',
    fresh: true,
    failures: Refusals,
    params: InSink,
  }),
};
