import type { OrgId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { deleteApiKeysOf } from '../api-keys/index.ts';
import {
  createManagedAccount,
  deleteAccount,
  isOwnAccount,
  makeOneTimePassword,
  type Passwords,
  setOneTimePassword,
} from '../auth/index.ts';
import { withdrawFromClients } from './agencies.ts';
import { listGrants } from './agency-grants.ts';
import type { Directories, Listed } from './directory.ts';
import { listGroups, listGroupsOf } from './groups.ts';
import { addMember } from './index.ts';
import { changeRole, reactivateMember, removeMember, requireAtMost, suspendMember } from './members.ts';
import { requireMembership } from './memberships.ts';

type Ports = Pick<Context, 'db' | 'jobs' | 'keyring' | 'mailer' | 'now' | 'newId'> & { readonly passwords: Passwords };

export function memberRoutes(context: Ports, directories: Directories): Handlers<'members'> {
  const { db, keyring, passwords } = context;

  return {
    async list({ org, audit }, { query }) {
      await audit('members.read');
      const { items, found, total } = await directories.list(org, query, query);
      return { items: items.map(toMember), found, total };
    },

    async get({ org, transaction }, { params }) {
      const { groups, agency } = await transaction(async (tx) => {
        const membership = await requireMembership(keyring, tx, org, params.member);
        const ids = (await listGroupsOf(keyring, tx, org, [params.member])).get(params.member) ?? [];
        const all = ids.length > 0 ? await listGroups(keyring, tx, org) : [];
        const grants = membership.agency ? await listGrants(keyring, tx, org) : [];
        tx.audit('members.read', params.member);
        return {
          groups: all.filter(({ id }) => ids.includes(id)).map(({ id, name }) => ({ id, name })),
          agency: grants.find(({ id }) => id === membership.agency?.grant)?.names?.agency,
        };
      });
      return { ...(await show(org, params.member)), groups, ...(agency === undefined ? {} : { agency }) };
    },

    async create({ org, actor, role }, { body }) {
      requireAtMost(body.role, role);
      const text = makeOneTimePassword();
      const password = await passwords.hash(text);
      const { user, expiresAt } = await db.transaction('environment', actor, async (tx) => {
        const made = await createManagedAccount(context, tx, { ...body, org, password });
        await addMember(context, tx, { org, user: made.user, role: body.role, source: 'manual' });
        tx.audit('member.created', made.user, { role: body.role }, org);
        return made;
      });
      return { member: await show(org, user), password: text, expiresAt: expiresAt.toISOString() };
    },

    async change({ org, role, transaction }, { params, body }) {
      requireAtMost(body.role, role);
      await transaction((tx) => changeRole(context, tx, org, params.member, body.role));
      return show(org, params.member);
    },

    async suspend({ org, transaction }, { params }) {
      await transaction((tx) => suspendMember(context, tx, org, params.member, 'admin'));
      return show(org, params.member);
    },

    async reactivate({ org, transaction }, { params }) {
      await transaction((tx) => reactivateMember(context, tx, org, params.member, 'admin'));
      return show(org, params.member);
    },

    async resetPassword({ org, actor, transaction }, { params }) {
      await transaction((tx) => requireMembership(keyring, tx, org, params.member));
      const text = makeOneTimePassword();
      const password = await passwords.hash(text);
      const expiresAt = await db.transaction('environment', actor, async (tx) => {
        tx.audit('member.password_reset', params.member, {}, org);
        return setOneTimePassword(context, tx, org, params.member, password);
      });
      return { password: text, expiresAt: expiresAt.toISOString() };
    },

    async remove({ org, actor, transaction }, { params: { member } }) {
      await transaction(async (tx) => {
        const { role } = await removeMember(context, tx, org, member);
        await deleteApiKeysOf(tx, member);
        tx.audit('member.removed', member, { role });
      });
      await withdrawFromClients(context, org, member, actor);
    },

    async deleteAccount({ org, actor, transaction }, { params: { member } }) {
      await transaction(async (tx) => {
        await requireMembership(keyring, tx, org, member);
      });
      if (!(await db.transaction('environment', actor, (tx) => isOwnAccount(context, tx, org, member))))
        throw new AppError('not_own_account');
      // Its keys are seen by the organization alone.
      await transaction((tx) => deleteApiKeysOf(tx, member));
      await db.transaction('environment', actor, async (tx) => {
        await deleteAccount(context, tx, org, member);
        tx.audit('member.deleted', member, {}, org);
      });
    },
  };

  async function show(org: OrgId, user: UserId) {
    const listed = await directories.find(org, user);
    if (!listed) throw new AppError('not_found');
    return toMember(listed);
  }
}

export function toMember({ membership: { user, role, state, source, createdAt }, name, email, own }: Listed) {
  return { user, name, email, role, state, source, own, since: createdAt.toISOString() };
}
