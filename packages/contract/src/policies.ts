import * as z from 'zod';
import { InOrg, Network } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { ROLES } from './permissions.ts';

/** Every way in that a policy can name. `sso` stands for all connections of the organization. */
export const POLICY_WAYS = ['password', 'link', 'passkey', 'evm', 'solana', 'cosmos', 'sso'] as const;
/** Whom a second factor is asked of: nobody, those who come in by ways of their own, or also those whose identity provider vouched for one factor. */
export const MFA_SCOPES = ['off', 'own', 'everybody'] as const;
/** Why a member would stay outside with what they have now, or has to sign in anew. */
export const LOCK_REASONS = ['second_factor', 'sso', 'way', 'address', 'session'] as const;
/** What has to be there before members come in by a connection only. */
export const SSO_NEEDS = ['no_connection', 'no_break_glass'] as const;
/** Which policy refused, as `policy_refused` names it. */
export const REFUSING_POLICIES = ['ways', 'address', 'session_age', 'idle'] as const;

const MINUTES_OF_A_MONTH = 31 * 24 * 60;

export const Policies = z.object({
  mfa: z.enum(MFA_SCOPES),
  /** Members come in by a connection of the organization only; the Admins of `breakGlass` also by their own ways, with a second factor. */
  ssoRequired: z.boolean(),
  breakGlass: z.array(idSchema('user')).max(10),
  /** The only ways in; all where it is absent. */
  ways: z.array(z.enum(POLICY_WAYS)).min(1).max(POLICY_WAYS.length).optional(),
  /** After so long without a request the organization asks for a new sign-in. */
  idleMinutes: z.number().int().min(5).max(MINUTES_OF_A_MONTH).optional(),
  /** After so long since the sign-in. */
  sessionMinutes: z.number().int().min(15).max(MINUTES_OF_A_MONTH).optional(),
  /** The only networks from which sessions and API keys are let in; all where there is none. */
  networks: z.array(Network).max(200),
  /** Nobody makes an account for themselves with an address in a verified domain. */
  captureDomains: z.boolean(),
});
export type Policies = z.output<typeof Policies>;

const Locked = z.object({
  user: idSchema('user'),
  name: z.string(),
  /** Absent for people who have none. */
  email: z.string().optional(),
  role: z.enum(ROLES),
  reasons: z.array(z.enum(LOCK_REASONS)),
});

const Refusals = ['not_found', 'not_allowed'] as const;

export const policies = {
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/policies',
    summary: 'Who is let into the organization, and how',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: z.object({
      policies: Policies,
      /** To be sent back with a change. */
      revision: z.number().int(),
      /** The caller's own network address, as the server sees it. */
      address: z.string(),
      /** Who may be named to break the glass, the first hundred. */
      admins: z.array(z.object({ user: idSchema('user'), name: z.string(), email: z.string().optional(), secondFactor: z.boolean() })),
      /** What went missing since members come in by a connection only: these policies could not be set again as they are. */
      missing: z.array(z.enum(SSO_NEEDS)),
    }),
  }),
  preview: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/policies/preview',
    summary: 'Whom policies would keep out, or ask to sign in anew, were they set now',
    access: 'people.manage',
    rate: 'write',
    audit: 'policies.previewed',
    failures: Refusals,
    params: InOrg,
    body: Policies,
    response: z.object({
      members: z.number().int(),
      /** How many members each reason concerns. */
      counts: z.partialRecord(z.enum(LOCK_REASONS), z.number().int()),
      /** Members who could not come in with what they have, the first hundred. */
      locked: z.array(Locked),
      /** Why the caller could not be the one to set them. */
      you: z.array(z.enum(LOCK_REASONS)),
      /** Why nobody could set them. */
      missing: z.array(z.enum(SSO_NEEDS)),
    }),
  }),
  set: endpoint({
    method: 'PUT',
    path: '/v1/organizations/:org/policies',
    summary: 'Set who is let in, and how; in effect at once, also for sessions there are',
    access: 'people.manage',
    rate: 'write',
    audit: 'policies.changed',
    fresh: true,
    failures: [...Refusals, 'conflict', 'locks_you_out', ...SSO_NEEDS],
    params: InOrg,
    body: z.object({ policies: Policies, revision: z.number().int() }),
    response: z.object({ policies: Policies, revision: z.number().int() }),
  }),
};
