/** The five roles of an organization, from the most rights to the fewest. */
export const ROLES = ['admin', 'tier1', 'tier2', 'tier3', 'tier4'] as const;
export type Role = (typeof ROLES)[number];

/** What each permission allows, and which roles hold it. Server and web read this one table. */
export const PERMISSIONS = {
  'people.manage': { roles: ['admin'], allows: 'manage users, invitations, roles and how people sign in' },
  'organization.edit': { roles: ['admin', 'tier1'], allows: 'change settings and workspaces' },
  'models.edit': { roles: ['admin', 'tier1'], allows: 'choose the models that may be used' },
  'usage.read': { roles: ['admin', 'tier1'], allows: 'see usage and billing' },
  'audit.read': { roles: ['admin', 'tier1'], allows: 'read the audit log' },
  'bots.edit': { roles: ['admin', 'tier1'], allows: 'build, publish and deploy bots' },
  'knowledge.edit': { roles: ['admin', 'tier1'], allows: "create knowledge bases, change them, delete others' documents" },
  'documents.add': { roles: ['admin', 'tier1', 'tier2'], allows: 'add documents and delete the own ones' },
  'ai.invoke': { roles: ['admin', 'tier1', 'tier2', 'tier3'], allows: 'ask models and bots' },
  'keys.own': { roles: ['admin', 'tier1', 'tier2', 'tier3'], allows: 'make and revoke own API keys' },
  'data.read': { roles: ['admin', 'tier1', 'tier2', 'tier3', 'tier4'], allows: 'read data, dashboards and outputs' },
} as const satisfies Record<string, { roles: readonly Role[]; allows: string }>;

export type Permission = keyof typeof PERMISSIONS;

/** Whether a role holds a permission. */
export function hasPermission(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission].roles as readonly Role[]).includes(role);
}

/** All permissions of a role. */
export function permissionsOf(role: Role): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => hasPermission(role, permission));
}

/** The role with fewer rights of two. */
export function narrower(one: Role, other: Role): Role {
  return ROLES.indexOf(one) > ROLES.indexOf(other) ? one : other;
}

/** The role with the most rights, or undefined where there is none. */
export function widest(roles: Iterable<Role>): Role | undefined {
  const [first] = [...roles].sort((one, other) => ROLES.indexOf(one) - ROLES.indexOf(other));
  return first;
}
