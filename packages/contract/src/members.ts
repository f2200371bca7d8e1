import * as z from 'zod';
import { Email } from './auth.ts';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';
import { ROLES } from './permissions.ts';

export const MEMBER_STATES = ['active', 'suspended'] as const;
/** Who keeps a membership: an Admin by hand, a directory, or an agency that sent the person. Programs have accounts of their own kind. */
export const MEMBER_SOURCES = ['manual', 'scim', 'sso', 'ldap', 'agency', 'service'] as const;
export const MEMBER_ORDERS = ['name', 'email', 'role', 'since'] as const;

export const Member = z.object({
  user: idSchema('user'),
  name: z.string(),
  /** Empty for people who signed up with a wallet and have added none. */
  email: z.string(),
  role: z.enum(ROLES),
  state: z.enum(MEMBER_STATES),
  source: z.enum(MEMBER_SOURCES),
  /** Whether the account was made here, so that an Admin may reset its password and delete it. */
  own: z.boolean(),
  since: Time,
});

/** A one-time password; it is shown once, and must be replaced at the first sign-in. */
const OneTimePassword = z.object({ password: z.string(), expiresAt: Time });
const OfMember = InOrg.extend({ member: idSchema('user') });
const MANAGE = { access: 'people.manage', rate: 'write' } as const;

export const members = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/members',
    summary: 'Members with their roles, searched, filtered and paged',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    query: z.object({
      /** Parts of name or address, in any order. */
      search: z.string().trim().max(LIMITS.nameLength).optional(),
      role: z.enum(ROLES).optional(),
      state: z.enum(MEMBER_STATES).optional(),
      source: z.enum(MEMBER_SOURCES).optional(),
      group: idSchema('group').optional(),
      order: z.enum(MEMBER_ORDERS).default('name'),
      descending: z.stringbool().default(false),
      from: z.coerce.number().int().min(0).max(10_000_000).default(0),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(50),
    }),
    response: z.object({
      items: z.array(Member),
      /** How many there are of these. */
      found: z.number().int(),
      /** How many there are at all. */
      total: z.number().int(),
    }),
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/members/:member',
    summary: 'A member with groups and, where an agency sent the person, the agency',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: OfMember,
    response: Member.extend({
      groups: z.array(z.object({ id: idSchema('group'), name: z.string() })),
      agency: z.string().optional(),
    }),
  }),
  create: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/members',
    summary: 'Make an account with a one-time password, which is returned once',
    audit: 'member.created',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'address_taken'],
    params: InOrg,
    body: z.object({ email: Email, name: Name, role: z.enum(ROLES) }),
    response: OneTimePassword.extend({ member: Member }),
  }),
  change: endpoint({
    ...MANAGE,
    method: 'PATCH',
    path: '/v1/organizations/:org/members/:member',
    summary: 'Change a member’s role',
    audit: 'member.role_changed',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'last_admin', 'managed_elsewhere'],
    params: OfMember,
    body: z.object({ role: z.enum(ROLES) }),
    response: Member,
  }),
  suspend: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/members/:member/suspend',
    summary: 'Suspend a member: sessions, API keys and open answers stop here at once',
    audit: 'member.suspended',
    failures: ['not_found', 'not_allowed', 'last_admin'],
    params: OfMember,
    response: Member,
  }),
  reactivate: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/members/:member/reactivate',
    summary: 'Lift the suspension of a member',
    audit: 'member.reactivated',
    fresh: true,
    failures: ['not_found', 'not_allowed'],
    params: OfMember,
    response: Member,
  }),
  resetPassword: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/members/:member/password',
    summary: 'Give an account that was made here a new one-time password; ends its sessions',
    audit: 'member.password_reset',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'not_own_account'],
    params: OfMember,
    response: OneTimePassword,
  }),
  remove: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/members/:member',
    summary: 'Remove a member; the account stays',
    audit: 'member.removed',
    failures: ['not_found', 'not_allowed', 'last_admin'],
    params: OfMember,
  }),
  deleteAccount: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/members/:member/account',
    summary: 'Delete an account that was made here and belongs to no other organization',
    audit: 'member.deleted',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'last_admin', 'not_own_account'],
    params: OfMember,
  }),
};
