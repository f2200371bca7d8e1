import * as z from 'zod';
import { MadeApiKey, NewApiKey } from './api-keys.ts';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { ROLES } from './permissions.ts';

/** Every role but Admin: a program manages no people. */
const ServiceRole = z.enum(ROLES).exclude(['admin']);

const ServiceAccount = z.object({
  id: idSchema('user'),
  name: z.string(),
  role: ServiceRole,
  /** How many API keys it has. */
  keys: z.number().int(),
  createdAt: Time,
});

const InService = InOrg.extend({ service: idSchema('user') });

export const serviceAccounts = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/service-accounts',
    summary: 'The service accounts of the organization',
    access: 'people.manage',
    rate: 'read',
    audit: 'service.listed',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(ServiceAccount),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/service-accounts',
    summary: 'Make an account for a program: it has a role and API keys, and nobody signs in with it',
    access: 'people.manage',
    rate: 'write',
    audit: 'service.created',
    fresh: true,
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    body: z.object({ name: Name, role: ServiceRole }),
    response: ServiceAccount,
  }),
  change: endpoint({
    method: 'PATCH',
    path: '/v1/organizations/:org/service-accounts/:service',
    summary: 'Rename a service account, or give it another role',
    access: 'people.manage',
    rate: 'write',
    audit: 'service.changed',
    fresh: true,
    failures: ['not_found', 'not_allowed'],
    params: InService,
    body: z.object({ name: Name.optional(), role: ServiceRole.optional() }),
    response: ServiceAccount,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/service-accounts/:service',
    summary: 'Delete a service account with its API keys',
    access: 'people.manage',
    rate: 'write',
    audit: 'service.deleted',
    failures: ['not_found', 'not_allowed'],
    params: InService,
  }),
  createKey: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/service-accounts/:service/keys',
    summary: 'Make an API key with the rights of a service account or fewer; the key is shown once',
    access: 'people.manage',
    rate: 'write',
    audit: 'key.created',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'key_wider'],
    params: InService,
    body: NewApiKey,
    response: MadeApiKey,
  }),
};
