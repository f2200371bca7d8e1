import * as z from 'zod';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

const ApiKey = z.object({
  id: idSchema('apiKey'),
  name: z.string(),
  /** The last four characters of the key. */
  ending: z.string(),
  /** May be used outside the sealed channel, where whoever ends TLS reads it; works on endpoints that are `plain` only. */
  plain: z.boolean(),
  createdAt: Time,
});

export const apiKeys = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/keys',
    summary: 'The own API keys',
    access: 'keys.own',
    rate: 'read',
    audit: null,
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(ApiKey),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/keys',
    summary: 'Make an API key with the own rights; the key is shown once',
    access: 'keys.own',
    rate: 'write',
    audit: 'key.created',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    body: z.object({
      name: Name,
      /** Needs the right to manage users. */
      plain: z.boolean().optional(),
    }),
    response: ApiKey.extend({ key: z.string() }),
  }),
  revoke: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/keys/:key',
    summary: 'Revoke one of the own API keys',
    access: 'keys.own',
    rate: 'write',
    audit: 'key.revoked',
    failures: ['not_found', 'not_allowed'],
    params: InOrg.extend({ key: idSchema('apiKey') }),
  }),
};
