import * as z from 'zod';
import { InOrg, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

/** `verified` alone counts: it routes sign-in and lets connections vouch for addresses. `lapsed`: it was, and its record is gone. */
export const DOMAIN_STATES = ['pending', 'verified', 'lapsed'] as const;
/**
 * What the last look at the domain's TXT records found. `different`: records, none of them this one. `taken`: the record is there, and so is
 * that of another organization, which proved the domain first.
 */
export const DOMAIN_FINDINGS = ['found', 'missing', 'different', 'unreachable', 'taken'] as const;

export const DomainView = z.object({
  id: idSchema('domain'),
  /** In the form that DNS knows: lower case, punycode, no final dot. */
  name: z.string(),
  state: z.enum(DOMAIN_STATES),
  /** The TXT record that proves the domain; it has to stay there. */
  record: z.object({ name: z.string(), value: z.string() }),
  createdAt: Time,
  verifiedAt: Time.optional(),
  /** The last look, and what it found. */
  checkedAt: Time.optional(),
  finding: z.enum(DOMAIN_FINDINGS).optional(),
  /** When a verified domain whose record is gone stops to count. */
  lapsesAt: Time.optional(),
});

const Refusals = ['not_found', 'not_allowed'] as const;
const InDomain = InOrg.extend({ domain: idSchema('domain') });

export const domains = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/domains',
    summary: 'The domains of the organization, oldest first, each with the record that proves it',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: z.array(DomainView),
  }),
  add: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/domains',
    summary: 'Name a domain; nothing comes of it before its record is found',
    access: 'people.manage',
    rate: 'write',
    audit: 'domain.added',
    failures: Refusals,
    params: InOrg,
    body: z.object({ name: z.string().trim().min(1).max(255) }),
    response: DomainView,
  }),
  verify: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/domains/:domain/verify',
    summary: 'Look for the record of a domain now',
    access: 'people.manage',
    rate: 'write',
    audit: 'domain.checked',
    failures: Refusals,
    params: InDomain,
    response: DomainView,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/domains/:domain',
    summary: 'Give a domain up: sign-in is no longer routed by it',
    access: 'people.manage',
    rate: 'write',
    audit: 'domain.removed',
    failures: Refusals,
    params: InDomain,
  }),
};
