import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { findPeople } from '../auth/index.ts';
import { listMemberships } from './memberships.ts';
import {
  deleteInvitation,
  findOrganization,
  type Invitation,
  insertInvitation,
  insertWorkspace,
  listInvitations,
  listWorkspaces,
  type Named,
  renameOrganization,
  renameWorkspace,
  type Tx,
} from './store.ts';

const INVITATION_TTL_MS = 7 * 24 * 60 * 60_000;
type Ports = Pick<Context, 'db' | 'keyring' | 'mailer' | 'log' | 'now' | 'newId'>;

export function organizationRoutes({ db, keyring, mailer, log, now, newId }: Ports): Handlers<'organizations'> {
  return {
    async ofKey({ org, role, transaction }) {
      return transaction(async (tx) => {
        const { id, name } = await requireOrganization(tx, org);
        const workspaces = await listWorkspaces(keyring, tx, org);
        return { id, name, role, workspaces: workspaces.map((workspace) => ({ id: workspace.id, name: workspace.name })) };
      });
    },

    async get({ org, transaction }) {
      return toAnswer(await transaction((tx) => requireOrganization(tx, org)));
    },

    async rename({ org, transaction }, { body }) {
      const organization = await transaction(async (tx) => {
        await renameOrganization(keyring, tx, org, body.name);
        tx.audit('organization.renamed', org);
        return requireOrganization(tx, org);
      });
      return toAnswer(organization);
    },

    async members({ org, transaction, audit }) {
      await audit('members.read');
      const memberships = await transaction((tx) => listMemberships(keyring, tx, org));
      const people = await findPeople(
        db,
        memberships.map(({ user }) => user),
      );
      return memberships.map(({ user, role, createdAt }) => {
        const { name, email } = people.get(user) ?? { name: '', email: '' };
        return { user, name, email, role, since: createdAt.toISOString() };
      });
    },

    async invite({ org, origin, transaction }, { body }) {
      const createdAt = now();
      const expiresAt = new Date(createdAt.getTime() + INVITATION_TTL_MS);
      const invitation: Invitation = { id: newId('invitation'), org, ...body, createdAt, expiresAt };
      const token = randomBytes(32).toString('base64url');
      const { name } = await transaction(async (tx) => {
        await insertInvitation(keyring, tx, invitation, token);
        tx.audit('invitation.created', invitation.id, { role: body.role });
        return requireOrganization(tx, org);
      });
      const link = `${origin}/invitation#${token}`;
      mailer
        ?.send({
          to: body.email,
          subject: `You are invited to ${name} on PrivexBot`,
          text: `Open this link within seven days to join ${name}:\n\n${link}\n\nIt works once. If you do not know ${name}, ignore this mail.\n`,
        })
        .catch((error: unknown) => log.warn({ invitation: invitation.id, err: error }, 'mail was not taken'));
      return { ...toInvitation(invitation), link };
    },

    async invitations({ org, transaction, audit }) {
      await audit('members.read');
      const at = now();
      const invitations = await transaction((tx) => listInvitations(keyring, tx, org));
      return invitations.filter(({ expiresAt }) => expiresAt > at).map(toInvitation);
    },

    async revokeInvitation({ org, transaction }, { params }) {
      await transaction(async (tx) => {
        if (!(await deleteInvitation(tx, org, params.invitation))) throw new AppError('not_found');
        tx.audit('invitation.revoked', params.invitation);
      });
    },

    async workspaces({ org, transaction }) {
      return (await transaction((tx) => listWorkspaces(keyring, tx, org))).map(toAnswer);
    },

    async createWorkspace({ org, transaction }, { body }) {
      const workspace = { id: newId('workspace'), name: body.name, createdAt: now() };
      await transaction(async (tx) => {
        await insertWorkspace(keyring, tx, org, workspace);
        tx.audit('workspace.created', workspace.id);
      });
      return toAnswer(workspace);
    },

    async renameWorkspace({ org, transaction }, { params, body }) {
      const [workspace] = await transaction(async (tx) => {
        await renameWorkspace(keyring, tx, org, params.workspace, body.name);
        tx.audit('workspace.renamed', params.workspace);
        return listWorkspaces(keyring, tx, org, params.workspace);
      });
      if (!workspace) throw new AppError('not_found');
      return toAnswer(workspace);
    },
  };

  async function requireOrganization(tx: Tx, org: Invitation['org']) {
    const organization = await findOrganization(keyring, tx, org);
    if (!organization) throw new AppError('not_found');
    return organization;
  }
}

function toAnswer<I>({ id, name, createdAt }: Named<I>) {
  return { id, name, createdAt: createdAt.toISOString() };
}

function toInvitation({ id, email, role, createdAt, expiresAt }: Invitation) {
  return { id, email, role, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
