import type { Role } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { ChannelCaller, Identity, Principal } from '../../http/scope.ts';
import { Recent } from '../../recent.ts';
import { findApiKey, readApiKey } from '../api-keys/index.ts';
import { findRole, hasWorkspace, listBelongings } from '../organizations/index.ts';
import { findSessionBy, type Proof, readProof } from './sessions.ts';
import { findClaimedUser } from './store.ts';

type Known = Principal & { readonly expiresAt?: Date };

/** Tells the http layer who is calling and what they may, from checked rows at most one second old. */
export function createIdentity({ db, now }: Pick<Context, 'db' | 'now'>): Identity {
  const changes = () => db.heads.changes;
  const principals = new Recent<Known | undefined>(now, changes);
  const roles = new Recent<Role | undefined>(now, changes);
  const workspaces = new Recent<boolean>(now, changes);
  return {
    async authenticate(request, channel) {
      const bearer = request.headers.get('authorization');
      const known = await (bearer ? principals.get(`bearer ${bearer}`, () => findByKey(bearer)) : findByProof(request, channel));
      if (!known || (known.expiresAt && known.expiresAt <= now())) throw new AppError('not_signed_in');
      return known;
    },
    findRole: (user, org) => roles.get(`${user} ${org}`, () => findRole(db, user, org)),
    hasWorkspace: (org, workspace) => workspaces.get(`${org} ${workspace}`, () => hasWorkspace(db, org, workspace)),
  };

  async function findByKey(bearer: string): Promise<Known | undefined> {
    const given = readApiKey(bearer);
    const key = given && (await findApiKey(db, given));
    return key && { user: key.user, key: { id: key.id, org: key.org } };
  }

  async function findByProof(request: Request, channel: ChannelCaller | undefined): Promise<Known | undefined> {
    const proof = readProof(request, channel);
    return proof && principals.get(`${proof.by} ${proof.value}`, () => findBySession(proof));
  }

  async function findBySession(proof: Proof): Promise<Known | undefined> {
    try {
      const session = await db.transaction('environment', 'visitor', (tx) => findSessionBy(db.keyring, tx, proof));
      return session && { user: session.user, session: session.id, expiresAt: session.expiresAt };
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
