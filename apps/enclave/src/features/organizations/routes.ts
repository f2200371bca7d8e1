import type { OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { deleteApiKeysOf } from '../api-keys/index.ts';
import { findPeople, isSignUpOpen } from '../auth/index.ts';
import { withdrawFromClients } from './agencies.ts';
import { listGroups } from './groups.ts';
import { type Belonging, createOrganization, listBelongings, rolesIn } from './index.ts';
import { invite, toInvitation } from './invitations.ts';
import { GRACE_MS } from './life.ts';
import { listReceipts } from './life-store.ts';
import { changeRole, removeMember, requireAtMost } from './members.ts';
import { requireMembership } from './memberships.ts';
import { findState, setState } from './states.ts';
import {
  deleteInvitation,
  findOrganization,
  insertWorkspace,
  listInvitations,
  listWorkspaces,
  type Named,
  renameOrganization,
  renameWorkspace,
} from './store.ts';
import { findAccess, setAccess } from './workspace-access.ts';

type Ports = Pick<Context, 'config' | 'db' | 'keyring' | 'limiter' | 'mailer' | 'log' | 'now' | 'newId'>;

export function organizationRoutes(context: Ports): Handlers<'organizations'> {
  const { db, keyring, now, newId } = context;

  return {
    async ofKey({ org, user }) {
      return requireBelonging(await listBelongings(db, user), org);
    },

    async get({ org, transaction }) {
      return transaction((tx) => describe(tx, org));
    },

    async rename({ org, transaction }, { body }) {
      return transaction(async (tx) => {
        await renameOrganization(keyring, tx, org, body.name);
        tx.audit('organization.renamed', org);
        return describe(tx, org);
      });
    },

    async invite(scope, { body }) {
      requireAtMost(body.role, scope.role);
      const [invited] = (await invite(context, scope, [body.email], body.role)).invited;
      if (!invited) throw new AppError('bad_request', { problem: 'email: this person is a member already', field: 'email' });
      return invited;
    },

    async inviteMany(scope, { body }) {
      requireAtMost(body.role, scope.role);
      return invite(context, scope, body.emails, body.role);
    },

    async resendInvitation(scope, { params }) {
      const { email, role } = await scope.transaction(async (tx) => {
        const found = (await listInvitations(keyring, tx, scope.org)).find(({ id }) => id === params.invitation);
        if (!found) throw new AppError('not_found');
        return found;
      });
      requireAtMost(role, scope.role);
      const [invited] = (await invite(context, scope, [email], role)).invited;
      if (!invited) throw new AppError('not_found');
      return invited;
    },

    async invitations({ org, transaction, audit }) {
      await audit('members.read');
      return (await transaction((tx) => listInvitations(keyring, tx, org))).map((one) => toInvitation(one, now()));
    },

    async revokeInvitation({ org, transaction }, { params }) {
      await transaction(async (tx) => {
        if (!(await deleteInvitation(tx, org, params.invitation))) throw new AppError('not_found');
        tx.audit('invitation.revoked', params.invitation);
      });
    },

    async workspaces({ org, user, role, transaction }) {
      return transaction(async (tx) => {
        const all = await listWorkspaces(keyring, tx, org);
        const ids = all.map(({ id }) => id);
        const [roles, access] = [await rolesIn(keyring, tx, { org, user, role }, ids), await findAccess(keyring, tx, org, ids)];
        return all.filter((_, index) => roles[index]).map((one) => toWorkspace(one, access.get(one.id)?.open ?? true));
      });
    },

    async createWorkspace({ org, transaction }, { body }) {
      const workspace = { id: newId('workspace'), name: body.name, createdAt: now() };
      await transaction(async (tx) => {
        await insertWorkspace(keyring, tx, org, workspace);
        tx.audit('workspace.created', workspace.id);
      });
      return toWorkspace(workspace, true);
    },

    async renameWorkspace({ org, transaction }, { params, body }) {
      return transaction(async (tx) => {
        await renameWorkspace(keyring, tx, org, params.workspace, body.name);
        tx.audit('workspace.renamed', params.workspace);
        const [workspace] = await listWorkspaces(keyring, tx, org, params.workspace);
        if (!workspace) throw new AppError('not_found');
        return toWorkspace(workspace, (await findAccess(keyring, tx, org, [workspace.id])).get(workspace.id)?.open ?? true);
      });
    },

    async workspaceAccess({ org, transaction, audit }, { params }) {
      await audit('members.read', params.workspace);
      return transaction((tx) => describeAccess(tx, org, params.workspace));
    },

    async setWorkspaceAccess({ org, role, transaction }, { params, body }) {
      const named = new Set(body.entries.map(({ id }) => id));
      if (named.size < body.entries.length)
        throw new AppError('bad_request', { problem: 'entries: each person and group can be named once', field: 'entries' });
      for (const entry of body.entries) requireAtMost(entry.role, role);
      return transaction(async (tx) => {
        await tx.lock('memberships');
        const groups = new Set((await listGroups(keyring, tx, org)).map(({ id }) => id));
        for (const { kind, id } of body.entries) {
          if (kind === 'user') await requireMembership(keyring, tx, org, id);
          else if (!groups.has(id)) throw new AppError('not_found');
        }
        await setAccess(keyring, tx, org, params.workspace, body);
        tx.audit('workspace.access_changed', params.workspace, { open: body.open, entries: body.entries.length });
        return describeAccess(tx, org, params.workspace);
      });
    },

    async create({ user }, { body }) {
      // Who may not sign up may still found another organization as the Admin of one.
      const isAdmin = (await listBelongings(db, user)).some(({ role, state }) => role === 'admin' && state === 'active');
      if (!isAdmin && !(await isSignUpOpen(context))) throw new AppError('sign_up_closed');
      const org = await db.transaction('environment', user, (tx) => createOrganization(context, tx, body.name, user));
      return requireBelonging(await listBelongings(db, user), org);
    },

    async leave({ org, user, actor, transaction }) {
      await transaction(async (tx) => {
        const { role } = await removeMember(context, tx, org, user);
        await deleteApiKeysOf(tx, user);
        tx.audit('member.left', user, { role });
      });
      await withdrawFromClients(context, org, user, actor);
    },

    async transfer({ org, user, transaction }, { body }) {
      await transaction(async (tx) => {
        const heir = await requireMembership(keyring, tx, org, body.member);
        // Somebody whom a directory, an agency or a suspension could take away again does not hold an organization.
        if (heir.state !== 'active' || heir.managed || heir.agency) throw new AppError('managed_elsewhere');
        await changeRole(context, tx, org, body.member, 'admin');
        await changeRole(context, tx, org, user, body.role);
        tx.audit('organization.transferred', body.member, { from: user, role: body.role });
      });
    },

    async suspend({ org, transaction }) {
      return transaction(async (tx) => {
        await setState(keyring, tx, org, { state: 'suspended' });
        tx.audit('organization.suspended', org);
        return describe(tx, org);
      });
    },

    async reactivate({ org, transaction }) {
      return transaction(async (tx) => {
        const { state } = await findState(keyring, tx, org);
        await setState(keyring, tx, org, { state: 'active' });
        tx.audit('organization.reactivated', org, { from: state });
        return describe(tx, org);
      });
    },

    async delete({ org, transaction }, { body }) {
      return transaction(async (tx) => {
        const organization = await findOrganization(keyring, tx, org);
        if (organization?.name.trim() !== body.name.trim()) throw new AppError('name_mismatch');
        const { state, endsAt } = await findState(keyring, tx, org);
        // Asking twice gives no second grace.
        if (state !== 'deleting') await setState(keyring, tx, org, { state: 'deleting', endsAt: new Date(now().getTime() + GRACE_MS) });
        tx.audit('organization.deletion_asked', org, { again: endsAt !== undefined });
        return describe(tx, org);
      });
    },

    receipts({ user }) {
      return db.transaction('environment', user, (tx) => listReceipts(keyring, tx, user));
    },
  };

  async function describe(tx: Transaction, org: OrgId) {
    const organization = await findOrganization(keyring, tx, org);
    if (!organization) throw new AppError('not_found');
    const { state, endsAt } = await findState(keyring, tx, org);
    return { ...toNamed(organization), state, ...(endsAt ? { deletedAt: endsAt.toISOString() } : {}) };
  }

  async function describeAccess(tx: Transaction, org: OrgId, workspace: Parameters<typeof setAccess>[3]) {
    const access = (await findAccess(keyring, tx, org, [workspace])).get(workspace);
    if (!access) throw new AppError('not_found');
    const groups = new Map((await listGroups(keyring, tx, org)).map(({ id, name }) => [id, name]));
    const people = await findPeople(
      db,
      access.entries.flatMap((entry) => (entry.kind === 'user' ? entry.id : [])),
    );
    const entries = access.entries.map((entry) => ({
      ...entry,
      name: (entry.kind === 'user' ? people.get(entry.id)?.name : groups.get(entry.id)) ?? '',
    }));
    return { ...access, entries };
  }
}

function requireBelonging(belongings: readonly Belonging[], org: OrgId): Belonging {
  const found = belongings.find(({ id }) => id === org);
  if (!found) throw new AppError('not_found');
  return found;
}

function toNamed<I>({ id, name, createdAt }: Named<I>) {
  return { id, name, createdAt: createdAt.toISOString() };
}

function toWorkspace<I>(workspace: Named<I>, open: boolean) {
  return { ...toNamed(workspace), open };
}
