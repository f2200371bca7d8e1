import * as z from 'zod';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';
import { MEMBER_SOURCES, Member } from './members.ts';
import { ROLES } from './permissions.ts';

export const Group = z.object({
  id: idSchema('group'),
  name: z.string(),
  /** `manual`, or the kind of directory that keeps it: then name and members change there. */
  source: z.enum(MEMBER_SOURCES).exclude(['agency', 'service']),
  /** What members become whom a directory manages. */
  role: z.enum(ROLES).optional(),
  members: z.number().int(),
  createdAt: Time,
});

const OfGroup = InOrg.extend({ group: idSchema('group') });
const MANAGE = { access: 'people.manage', rate: 'write' } as const;
const Users = z.array(idSchema('user')).min(1).max(500);

export const groups = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/groups',
    summary: 'Groups of members',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: InOrg,
    response: z.array(Group),
  }),
  create: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/groups',
    summary: 'Make a group',
    audit: 'group.created',
    failures: ['not_found', 'not_allowed', 'group_exists'],
    params: InOrg,
    body: z.object({ name: Name }),
    response: Group,
  }),
  change: endpoint({
    ...MANAGE,
    method: 'PATCH',
    path: '/v1/organizations/:org/groups/:group',
    summary: 'Rename a group, or say which role its members get whom a directory manages',
    audit: 'group.changed',
    fresh: true,
    failures: ['not_found', 'not_allowed', 'group_exists', 'managed_elsewhere'],
    params: OfGroup,
    body: z.object({ name: Name.optional(), role: z.enum(ROLES).nullable().optional() }),
    response: Group,
  }),
  delete: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/groups/:group',
    summary: 'Delete a group; its members stay',
    audit: 'group.deleted',
    failures: ['not_found', 'not_allowed'],
    params: OfGroup,
  }),
  members: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/groups/:group/members',
    summary: 'Members of a group, by name',
    access: 'people.manage',
    rate: 'read',
    audit: 'members.read',
    failures: ['not_found', 'not_allowed'],
    params: OfGroup,
    query: z.object({
      from: z.coerce.number().int().min(0).max(10_000_000).default(0),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(50),
    }),
    response: z.object({ items: z.array(Member), found: z.number().int() }),
  }),
  addMembers: endpoint({
    ...MANAGE,
    method: 'POST',
    path: '/v1/organizations/:org/groups/:group/members',
    summary: 'Add members of the organization to a group',
    audit: 'group.members_changed',
    failures: ['not_found', 'not_allowed', 'managed_elsewhere'],
    params: OfGroup,
    body: z.object({ users: Users }),
    response: Group,
  }),
  removeMember: endpoint({
    ...MANAGE,
    method: 'DELETE',
    path: '/v1/organizations/:org/groups/:group/members/:member',
    summary: 'Take a member out of a group',
    audit: 'group.members_changed',
    failures: ['not_found', 'not_allowed', 'managed_elsewhere'],
    params: OfGroup.extend({ member: idSchema('user') }),
  }),
};
