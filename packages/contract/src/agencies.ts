import * as z from 'zod';
import { InOrg, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { ROLES } from './permissions.ts';

/** Consent that people of another organization, an agency, work in this one. */
const Consent = z.object({
  id: idSchema('grant'),
  /** `offered` until an agency accepted it by the link. */
  state: z.enum(['offered', 'active']),
  /** What people of the agency may be at most. */
  role: z.enum(ROLES),
  /** The agency's name, as it was when it accepted. */
  agency: z.string().optional(),
  people: z.number().int(),
  createdAt: Time,
  /** When an offer ends that nobody accepted. */
  expiresAt: Time,
});

/** An organization that let this one's people in. */
const Client = z.object({
  id: idSchema('grant'),
  organization: z.string(),
  role: z.enum(ROLES),
  people: z.array(z.object({ user: idSchema('user'), name: z.string(), role: z.enum(ROLES) })),
  createdAt: Time,
});

const OfClient = InOrg.extend({ client: idSchema('grant') });
const MANAGE = { access: 'people.manage', rate: 'write' } as const;

export const agencies = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/agencies',
    summary: 'Agencies whose people may work in this organization, and offers',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(Consent),
  }),
  offer: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/agencies',
    summary: 'Consent that an agency’s people work here; the link for the agency is returned once',
    audit: 'agency.offered',
    fresh: 'person',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    body: z.object({ role: z.enum(ROLES) }),
    response: Consent.extend({ link: z.string() }),
  }),
  revoke: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/agencies/:agency',
    summary: 'Withdraw the consent: the agency’s people are out at once',
    audit: 'agency.revoked',
    failures: ['not_found', 'not_allowed'],
    params: InOrg.extend({ agency: idSchema('grant') }),
  }),
  clients: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/clients',
    summary: 'Organizations that let this one’s people in, and whom',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(Client),
  }),
  accept: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/clients',
    summary: 'Accept an organization’s offer as its agency',
    audit: 'agency.accepted',
    failures: ['not_found', 'not_allowed', 'link_invalid'],
    params: InOrg,
    body: z.object({ token: z.string().min(20).max(100) }),
    response: Client,
  }),
  leave: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/clients/:client',
    summary: 'Stop working for a client organization',
    audit: 'agency.revoked',
    failures: ['not_found', 'not_allowed'],
    params: OfClient,
  }),
  assign: endpoint({
    ...MANAGE,
    method: 'PUT',
    path: '/v1/organizations/:org/clients/:client/people/:member',
    summary: 'Let a member of this organization work in a client’s, with a role that the client allowed',
    audit: 'agency.person_assigned',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'above_consent', 'member_elsewhere'],
    params: OfClient.extend({ member: idSchema('user') }),
    body: z.object({ role: z.enum(ROLES) }),
    response: Client,
  }),
  withdraw: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/clients/:client/people/:member',
    summary: 'Take a member out of a client’s organization',
    audit: 'agency.person_withdrawn',
    failures: ['not_found', 'not_allowed'],
    params: OfClient.extend({ member: idSchema('user') }),
  }),
};
