import type { Role } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Identity, Principal } from '../../http/scope.ts';
import { Recent } from '../../recent.ts';
import { findApiKey, type GivenKey, KeyUses, readApiKey } from '../api-keys/index.ts';
import { findRole, hasWorkspace, isClosed, isSuspended, listBelongings } from '../organizations/index.ts';
import type { Admit } from '../policies/index.ts';
import { isKnownDevice } from './attempts.ts';
import { waysToProve } from './credentials/factors.ts';
import { findSessionOf } from './sessions.ts';
import { findClaimedUser } from './store.ts';
import { createTokens } from './tokens.ts';

type Known = Principal & { readonly expiresAt?: Date };

/** Tells the http layer who is calling and what they may, from checked rows at most one second old. */
export function createIdentity(context: Pick<Context, 'db' | 'keyring' | 'log' | 'now'>, admit: Admit): Identity {
  const { db, keyring, now } = context;
  const tokens = createTokens({ keyring, now });
  const changes = () => db.heads.changes;
  const principals = new Recent<Known | undefined>(now, changes);
  const roles = new Recent<Role | undefined>(now, changes);
  const workspaces = new Recent<true | undefined>(now, changes);
  const uses = new KeyUses(context);
  const closed = new Recent<boolean>(now, changes);
  return {
    async authenticate(request, channel) {
      const bearer = request.headers.get('authorization');
      const device = channel?.device;
      const known = await (bearer ? findByBearer(bearer, device) : findByDevice(device));
      if (!known || (known.expiresAt && known.expiresAt <= now())) throw new AppError('not_signed_in');
      return known;
    },
    admit,
    waysToProve: (user) => db.transaction('environment', user, (tx) => waysToProve(db, tx, user)),
    isKnownDevice: (device) => isKnownDevice(db, device),
    findRole: (user, org, workspace) => roles.get(`${user} ${org} ${workspace ?? ''}`, () => findRole(db, user, org, workspace)),
    isSuspended: (user, org) => isSuspended(db, user, org),
    isClosed: (org) => closed.get(org, () => isClosed(db, org)),
    hasWorkspace: async (org, workspace) =>
      (await workspaces.get(`${org} ${workspace}`, async () => (await hasWorkspace(db, org, workspace)) || undefined)) === true,
    noteUse: (key, address) => uses.note(key, address),
  };

  async function findByBearer(bearer: string, device: string | undefined): Promise<Known | undefined> {
    const given = readApiKey(bearer);
    if (given) return principals.get(given.text, () => findByKey(given));
    const [, token] = /^[Bb]earer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(bearer) ?? [];
    return token && device ? findByToken(token, device) : undefined;
  }

  /** A token adds nothing to the session of its device; it may take something away. */
  async function findByToken(token: string, device: string): Promise<Known | undefined> {
    const subject = tokens.read(token, device);
    const known = subject && (await findByDevice(device));
    if (!known || known.session !== subject.sid || known.user !== subject.sub) return undefined;
    const { org, workspace } = subject;
    return org ? { ...known, within: { org, workspace } } : known;
  }

  async function findByKey(given: GivenKey): Promise<Known | undefined> {
    const key = await findApiKey(db, given);
    if (!key) return undefined;
    const { id, org, plain, scopes, networks, expiresAt } = key;
    return { user: key.user, key: { id, org, plain, scopes, networks, expiresAt }, ...(expiresAt ? { expiresAt } : {}) };
  }

  async function findByDevice(device: string | undefined): Promise<Known | undefined> {
    return device === undefined ? undefined : principals.get(device, () => findBySession(device));
  }

  async function findBySession(device: string): Promise<Known | undefined> {
    try {
      const session = await db.transaction('environment', 'visitor', (tx) => findSessionOf(db.keyring, tx, device));
      return session && { user: session.user, session: session.id, facts: session.facts, expiresAt: session.expiresAt };
    } catch (error) {
      if (error instanceof AppError && error.code === 'integrity_failed') await tellAdmins(error);
      throw error;
    }
  }

  /** A session belongs to no organization; those of the person it seems to be of are told. */
  async function tellAdmins({ details }: AppError): Promise<void> {
    const user = await db.transaction('environment', 'visitor', (tx) => findClaimedUser(tx, details.table, details.id));
    const belongings = user ? await listBelongings(db, user) : [];
    await Promise.all(
      belongings.map(({ id }) => db.audit(id, { action: 'refused.integrity_failed', actor: 'visitor', target: user, facts: details })),
    );
  }
}
