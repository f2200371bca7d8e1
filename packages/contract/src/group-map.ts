import * as z from 'zod';
import { idSchema } from './ids.ts';
import { ROLES } from './permissions.ts';

/** As the directory names it, letter for letter. */
const Group = z.string().trim().min(1).max(300);
const InWorkspace = z.object({ workspace: idSchema('workspace'), role: z.enum(ROLES) });

/** What one group of a directory gives. */
const GroupRule = z.object({
  group: Group,
  /** In the organization. Left out, the group gives a place in workspaces only. */
  role: z.enum(ROLES).optional(),
  workspaces: z.array(InWorkspace).max(100).default([]),
});

/** How people of a directory become members, and with which role. */
export const Provisioning = z.object({
  /** Whether somebody of a verified domain who is unknown here gets an account at the first sign-in. */
  create: z.boolean().default(false),
  /** The role of those whose groups give none. Being in a directory makes nobody an Admin. */
  role: z.enum(ROLES).exclude(['admin']).default('tier4'),
  /** Whether people whose groups give no role are refused instead. */
  onlyMapped: z.boolean().default(false),
  /** Whether a group may make somebody an Admin. */
  admins: z.boolean().default(false),
  groups: z.array(GroupRule).max(500).default([]),
});
export type Provisioning = z.output<typeof Provisioning>;

/** What came of a person's groups. */
export const Mapping = z.object({
  /** Absent where the person is to be refused. */
  role: z.enum(ROLES).optional(),
  /** None: all workspaces that are open to everybody. */
  workspaces: z.array(InWorkspace),
  /** Groups whose rule applied. */
  applied: z.array(z.string()),
  /** Groups that would make an Admin, which the connection does not allow. */
  withheld: z.array(z.string()),
  /** Groups that no rule names. */
  ignored: z.array(z.string()),
});
export type Mapping = z.output<typeof Mapping>;
