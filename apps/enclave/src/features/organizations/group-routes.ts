import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { Directories } from './directory.ts';
import {
  addGroupMembers,
  changeGroup,
  countGroupMembers,
  deleteGroup,
  type Group,
  insertGroup,
  listGroupMembers,
  listGroups,
  removeGroupMembers,
  requireGroup,
} from './groups.ts';
import { toMember } from './member-routes.ts';
import { requireAtMost } from './members.ts';
import { recomputeRoles } from './roles.ts';
import { forgetInWorkspaces } from './workspace-access.ts';

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;

export function groupRoutes(context: Ports, directories: Directories): Handlers<'groups'> {
  const { keyring, now, newId } = context;

  return {
    async list({ org, transaction, audit }) {
      await audit('members.read');
      return transaction(async (tx) => {
        const counts = await countGroupMembers(tx, org);
        return (await listGroups(keyring, tx, org)).map((group) => toGroup(group, counts.get(group.id) ?? 0));
      });
    },

    async create({ org, transaction }, { body }) {
      const group: Group = { id: newId('group'), org, name: body.name, source: 'manual', createdAt: now() };
      await transaction(async (tx) => {
        await insertGroup(keyring, tx, group);
        tx.audit('group.created', group.id);
      });
      return toGroup(group, 0);
    },

    async change({ org, role: own, transaction }, { params, body: { name, role } }) {
      if (role) requireAtMost(role, own);
      return transaction(async (tx) => {
        const group = await requireGroup(keyring, tx, org, params.group);
        if (name !== undefined && name !== group.name) requireKeptHere(group);
        const changed = await changeGroup(keyring, tx, group, {
          ...(name === undefined ? {} : { name }),
          ...(role === undefined ? {} : { role: role ?? undefined }),
        });
        const members = await listGroupMembers(keyring, tx, org, group.id);
        tx.audit('group.changed', group.id, { renamed: changed.name !== group.name, role: changed.role ?? 'none' });
        if (changed.role !== group.role) await recomputeRoles(context, tx, org, members);
        return toGroup(changed, members.length);
      });
    },

    async delete({ org, transaction }, { params }) {
      await transaction(async (tx) => {
        const group = await requireGroup(keyring, tx, org, params.group);
        const members = await deleteGroup(keyring, tx, group);
        await forgetInWorkspaces(keyring, tx, org, group.id);
        await recomputeRoles(context, tx, org, members);
        tx.audit('group.deleted', group.id, { members: members.length });
      });
    },

    async members({ org, transaction, audit }, { params, query: { from, limit } }) {
      await audit('members.read', params.group);
      await transaction((tx) => requireGroup(keyring, tx, org, params.group));
      const page = { order: 'name', descending: false, from, limit } as const;
      const { items, found } = await directories.list(org, { group: params.group }, page);
      return { items: items.map(toMember), found };
    },

    addMembers({ org, transaction }, { params, body }) {
      return transaction(async (tx) => {
        const group = await requireGroup(keyring, tx, org, params.group);
        requireKeptHere(group);
        return finish(tx, group, await addGroupMembers(keyring, tx, org, group.id, body.users), 'added');
      });
    },

    async removeMember({ org, transaction }, { params }) {
      await transaction(async (tx) => {
        const group = await requireGroup(keyring, tx, org, params.group);
        requireKeptHere(group);
        const gone = await removeGroupMembers(tx, org, group.id, [params.member]);
        if (gone.length === 0) throw new AppError('not_found');
        await finish(tx, group, gone, 'removed');
      });
    },
  };

  async function finish(tx: Transaction, group: Group, users: readonly UserId[], how: 'added' | 'removed') {
    await recomputeRoles(context, tx, group.org, users);
    tx.audit('group.members_changed', group.id, { [how]: users.length });
    return toGroup(group, (await listGroupMembers(keyring, tx, group.org, group.id)).length);
  }
}

/** What a directory keeps changes there, and would be changed back. @throws AppError `managed_elsewhere` */
function requireKeptHere({ connection }: Group): void {
  if (connection) throw new AppError('managed_elsewhere');
}

function toGroup({ id, name, source, role, createdAt }: Group, members: number) {
  return { id, name, source, ...(role ? { role } : {}), members, createdAt: createdAt.toISOString() };
}
