import * as z from 'zod';
import { InOrg, Name, Network, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { PERMISSIONS, type Permission } from './permissions.ts';

const Scope = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);

const ApiKey = z.object({
  id: idSchema('apiKey'),
  name: z.string(),
  /** The last four characters of the key. */
  ending: z.string(),
  /** May be used outside the sealed channel, where whoever ends TLS reads it; works on endpoints that are `plain` only. */
  plain: z.boolean(),
  /** All it may do of what its maker may; everything where it is absent. */
  scopes: z.array(Scope).optional(),
  /** The only networks it is taken from; all where there are none. */
  networks: z.array(z.string()),
  expiresAt: Time.optional(),
  /** Kept at most once a minute, with the address it came from. */
  lastUsed: z.object({ at: Time, address: z.string() }).optional(),
  createdAt: Time,
});

/** What a new key is asked to be. */
export const NewApiKey = z.object({
  name: Name,
  /** Needs the right to manage users. */
  plain: z.boolean().optional(),
  scopes: z.array(Scope).min(1).max(50).optional(),
  networks: z.array(Network).max(50).optional(),
  expiresAt: Time.optional(),
});

/** The only answer that holds the key itself. */
export const MadeApiKey = ApiKey.extend({ key: z.string() });

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
    summary: 'Make an API key with the own rights or fewer; the key is shown once',
    access: 'keys.own',
    rate: 'write',
    audit: 'key.created',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'key_wider'],
    params: InOrg,
    body: NewApiKey,
    response: MadeApiKey,
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
  listAll: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/all-keys',
    summary: 'The API keys of everybody in the organization, with who made them',
    access: 'people.manage',
    rate: 'read',
    audit: 'key.listed',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(ApiKey.extend({ user: idSchema('user'), userName: z.string() })),
  }),
  revokeAny: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/all-keys/:key',
    summary: 'Revoke the API key of anybody in the organization',
    access: 'people.manage',
    rate: 'write',
    audit: 'key.revoked',
    failures: ['not_found', 'not_allowed'],
    params: InOrg.extend({ key: idSchema('apiKey') }),
  }),
};
