// Accounts of programs: members that nobody signs in as, with a role and API keys.
import { hasPermission, type OrgId, type Role, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { deleteApiKeysOf, listApiKeys, makeKey, toAnswer } from '../api-keys/index.ts';
import { deleteServiceUser, displayNames, insertServiceUser, renameServiceUser } from '../auth/index.ts';
import { addMember, changeMembership, endMembership, listMemberships, type Membership, requireMembership } from '../organizations/index.ts';

type ServiceRole = Exclude<Role, 'admin'>;

export function serviceAccountRoutes(context: Pick<Context, 'config' | 'db' | 'keyring' | 'newId' | 'now'>): Handlers<'serviceAccounts'> {
  const { db, keyring } = context;
  return {
    async list({ transaction, audit }) {
      await audit('service.listed');
      const { members, keys } = await transaction(async (tx) => ({
        members: (await listMemberships(keyring, tx, tx.realm)).filter(isService),
        keys: Map.groupBy(await listApiKeys(keyring, tx), ({ user }) => user),
      }));
      const names = await displayNames(
        context,
        members.map(({ user }) => user),
      );
      return members.map((member) => toService(member, names.get(member.user) ?? '', keys.get(member.user)?.length ?? 0));
    },

    async create({ org, actor }, { body: { name, role } }) {
      const member = await db.transaction('environment', actor, async (tx) => {
        const user = await insertServiceUser(context, tx, name);
        await addMember(context, tx, { org, user, role, source: 'service' });
        tx.audit('service.created', user, { role }, org);
        return requireService(tx, org, user);
      });
      return toService(member, name, 0);
    },

    async change({ org, actor, transaction }, { params: { service }, body: { name, role } }) {
      const member = await db.transaction('environment', actor, async (tx) => {
        await tx.lock('users');
        const found = await requireService(tx, org, service);
        if (name) await renameServiceUser(context, tx, service, name);
        tx.audit('service.changed', service, role ? { from: found.role, to: role } : {}, org);
        return role ? changeMembership(keyring, tx, found, { role }) : found;
      });
      const names = await displayNames(context, [service]);
      const keys = await transaction((tx) => listApiKeys(keyring, tx, service));
      return toService(member, names.get(service) ?? '', keys.length);
    },

    async remove({ org, actor, transaction }, { params: { service } }) {
      await transaction(async (tx) => {
        await endMembership(context, tx, await requireService(tx, org, service));
        await deleteApiKeysOf(tx, service);
        tx.audit('service.deleted', service);
      });
      // Nothing of the organization names it any more, and nothing can: a key is made for members only.
      await db.transaction('environment', actor, (tx) => deleteServiceUser(tx, service));
    },

    async createKey({ org, key: by, transaction }, { params: { service }, body }) {
      const { key, text } = await transaction(async (tx) => {
        const { role } = await requireService(tx, org, service);
        return makeKey(context, tx, { org, user: service, can: (permission) => hasPermission(role, permission), by }, body);
      });
      return { ...toAnswer(key), key: text };
    },
  };

  /** With its membership locked. @throws AppError `not_found` */
  async function requireService(tx: Transaction<Realm>, org: OrgId, user: UserId): Promise<Membership> {
    const member = await requireMembership(keyring, tx, org, user);
    if (!isService(member)) throw new AppError('not_found');
    return member;
  }
}

function isService({ source }: Membership): boolean {
  return source === 'service';
}

function toService({ user, role, createdAt }: Membership, name: string, keys: number) {
  // None is ever made an Admin.
  return { id: user, name, role: role as ServiceRole, keys, createdAt: createdAt.toISOString() };
}
