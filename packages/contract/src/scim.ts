import * as z from 'zod';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

const InConnection = InOrg.extend({ connection: idSchema('connection') });
const refused = ['not_found', 'not_allowed'] as const;

const Token = z.object({
  id: idSchema('scimToken'),
  name: z.string(),
  /** The last four characters of the token. */
  ending: z.string(),
  /** May be used outside the sealed channel, as directories in the cloud do: whoever ends TLS reads what they send. */
  plain: z.boolean(),
  /** May look, but send nothing. */
  readOnly: z.boolean(),
  createdAt: Time,
  expiresAt: Time.optional(),
});
export type ScimTokenView = z.output<typeof Token>;

const LogEntry = z.object({
  at: Time,
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  type: z.enum(['User', 'Group']),
  /** Id of the person or the group. */
  target: z.string().optional(),
  /** What the directory calls it. */
  label: z.string().optional(),
  /** HTTP status. */
  status: z.number().int(),
  /** Why it was refused. */
  problem: z.string().optional(),
});

/** SCIM 2.0 of one connection. The protocol itself is served at `/scim/v2`, outside of this contract. */
export const scim = {
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection/scim',
    summary: 'What a directory needs to send people and groups, and how many it sent',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InConnection,
    response: z.object({
      /** Base address, to be entered at the directory. */
      address: z.string(),
      tokens: z.array(Token),
      people: z.number().int(),
      groups: z.number().int(),
    }),
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/scim/tokens',
    summary: 'Make a token for a directory; it is shown once',
    access: 'people.manage',
    rate: 'write',
    audit: 'scim.token_created',
    fresh: true,
    failures: refused,
    params: InConnection,
    body: z.object({
      name: Name,
      plain: z.boolean().default(false),
      readOnly: z.boolean().default(false),
      /** Left out, the token works until it is revoked. */
      expiresInDays: z.number().int().min(1).max(3_650).optional(),
    }),
    response: Token.extend({ token: z.string() }),
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/sso/connections/:connection/scim/tokens/:token',
    summary: 'Revoke a token',
    access: 'people.manage',
    rate: 'write',
    audit: 'scim.token_revoked',
    fresh: true,
    failures: refused,
    params: InConnection.extend({ token: idSchema('scimToken') }),
  }),
  log: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection/scim/log',
    summary: 'What the directory sent last, newest first, with what was refused and why',
    access: 'people.manage',
    rate: 'read',
    audit: 'scim.log_read',
    failures: refused,
    params: InConnection,
    response: z.array(LogEntry),
  }),
};
