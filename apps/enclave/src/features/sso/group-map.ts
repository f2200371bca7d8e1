import { type Mapping, type Provisioning, ROLES, type Role, type WorkspaceId } from '@privexbot/contract';

/** Directories with more groups per person send a part of them anyway. */
const MAX_GROUPS = 1_000;

/**
 * What a person's groups give: of several roles the one with the most rights counts, in the organization and in each
 * workspace. Groups are compared letter for letter: in some directories names that differ in case are two groups.
 */
export function applyGroupMap(provisioning: Provisioning, groups: readonly string[]): Mapping {
  const own = new Set(groups.slice(0, MAX_GROUPS));
  const rules = provisioning.groups.filter(({ group }) => own.has(group));
  const withheld = rules.filter(({ role }) => role === 'admin' && !provisioning.admins);
  const given = rules.flatMap(({ role }) => (role && (role !== 'admin' || provisioning.admins) ? [role] : []));
  const role = highest(given) ?? (provisioning.onlyMapped ? undefined : provisioning.role);
  const named = new Set(provisioning.groups.map(({ group }) => group));
  return {
    ...(role ? { role } : {}),
    workspaces: role ? narrow(role, rules) : [],
    applied: unique(rules.map(({ group }) => group)),
    withheld: unique(withheld.map(({ group }) => group)),
    ignored: [...own].filter((group) => !named.has(group)),
  };
}

/** The role with the most rights. */
function highest(roles: readonly Role[]): Role | undefined {
  return ROLES.find((role) => roles.includes(role));
}

/** A workspace's role only narrows: none is above that in the organization. */
function narrow(role: Role, rules: Provisioning['groups']): Mapping['workspaces'] {
  const roles = new Map<WorkspaceId, Role[]>();
  for (const { workspaces } of rules)
    for (const { workspace, role: given } of workspaces) roles.set(workspace, [...(roles.get(workspace) ?? []), given]);
  return [...roles].map(([workspace, given]) => ({ workspace, role: lower(role, highest(given) ?? role) }));
}

function lower(one: Role, other: Role): Role {
  return ROLES.indexOf(one) > ROLES.indexOf(other) ? one : other;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
