/**
 * Whose a verified identity is. People are known by (connection or method, issuer, subject), never by address alone: an address
 * only leads to a person where the organization of the connection owns its domain and the person is a member, or nobody has it yet.
 */
import type { OrgId, Role, SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { addMember, findMembership, isClosedIn, isMember } from '../organizations/index.ts';
import { createAccount, insertPerson, localPart, type Wish } from './accounts.ts';
import { isMerelyClaimed } from './directory-accounts.ts';
import { findIdentity, linkIdentity, touchIdentity } from './identities.ts';
import { notify } from './notices.ts';
import { findUser, type Tx, type User } from './store.ts';
import { emailIndex } from './strategies/email.ts';
import { OWN_ISSUER, type VerifiedIdentity } from './verified-identity.ts';

type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'mailer' | 'now' | 'newId'>;

/** What the organization of a connection allows it, asked before the transaction. */
export interface ConnectionRules {
  /** Whether the identity's address lies in a domain that the organization has proven to be its own. */
  readonly ownsAddress: boolean;
  /** The role of people who are made at their first sign-in; absent where the connection makes none. */
  readonly provisions: Role | undefined;
  /** In the transaction of the sign-in, once the person is known: what groups grant. */
  readonly apply?: (tx: Tx, user: UserId) => Promise<void>;
  /** In the same transaction, once there is a session: refuses it where the connection signs nobody in any more. */
  readonly started?: (tx: Tx, session: SessionId) => Promise<void>;
}

/** Why a connection's identity was refused: for the Admin's list of attempts, never for the answer. */
export type Refusal = 'not_member' | 'no_address' | 'foreign_domain' | 'address_elsewhere' | 'not_provisioned' | 'account_gone';

export class IdentityRefused extends AppError {
  readonly reason: Refusal;

  constructor(reason: Refusal) {
    super('identity_refused');
    this.reason = reason;
  }
}

/** @throws AppError `identity_refused` as `IdentityRefused`, or what `createAccount` throws */
export async function resolveIdentity(
  ports: Ports,
  tx: Tx,
  identity: VerifiedIdentity,
  wish: Wish & { readonly rules?: ConnectionRules } = {},
): Promise<{ user: User; isNew: boolean }> {
  const { keyring } = ports;
  if (identity.issuer === OWN_ISSUER) return { user: await requireUser(ports, tx, identity.subject as UserId), isNew: false };
  await tx.lockAll([
    ['users', 'environment'],
    ['identities', 'environment'],
  ]);
  const known = await findIdentity(keyring, tx, identity);
  const org = identity.connection?.org;
  if (known) {
    tx.actAs(known.user);
    if (org && !(await isMember(keyring, tx, org, known.user))) throw new IdentityRefused('not_member');
    await touchIdentity(ports, tx, known.id, identity);
    await wish.rules?.apply?.(tx, known.user);
    return { user: await requireUser(ports, tx, known.user), isNew: false };
  }
  const found = org ? await findByAddress(ports, tx, identity, org, wish.rules) : undefined;
  const user = found ?? (org ? await provision(ports, tx, identity, org, wish.rules) : await createOwn(ports, tx, identity, wish));
  await linkIdentity(ports, tx, user.id, identity);
  if (found) await notify(ports, tx, user.id, 'linked', 'sign-in');
  await wish.rules?.apply?.(tx, user.id);
  return { user, isNew: !found };
}

async function requireUser({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, id: UserId): Promise<User> {
  const user = await findUser(keyring, tx, { id });
  if (!user) throw new IdentityRefused('account_gone');
  return user;
}

/** The member who has the identity's address. @throws IdentityRefused where the address may not lead to anybody */
async function findByAddress(
  { keyring }: Ports,
  tx: Tx,
  { email }: VerifiedIdentity,
  org: OrgId,
  rules: ConnectionRules | undefined,
): Promise<User | undefined> {
  if (email === undefined) throw new IdentityRefused('no_address');
  if (!rules?.ownsAddress) throw new IdentityRefused('foreign_domain');
  const user = await findUser(keyring, tx, { email: emailIndex(keyring, email) });
  if (user && !(await isKnownBy(keyring, tx, org, user))) throw new IdentityRefused('address_elsewhere');
  if (user) tx.actAs(user.id);
  return user;
}

/** A member whose address nobody else stands for may have taken it to wait for its owner; so may somebody whom an agency sent. */
async function isKnownBy(keyring: Ports['keyring'], tx: Tx, org: OrgId, user: User): Promise<boolean> {
  const membership = await findMembership(keyring, tx, org, user.id);
  return membership !== undefined && !isMerelyClaimed(user) && (user.emailVerified || membership.source !== 'agency');
}

async function provision(
  ports: Ports,
  tx: Tx,
  { email = '', name, method, connection }: VerifiedIdentity,
  org: OrgId,
  rules: ConnectionRules | undefined,
): Promise<User> {
  if (!rules?.provisions || (await isClosedIn(ports.keyring, tx, org))) throw new IdentityRefused('not_provisioned');
  // The organization owns the domain, and its identity provider vouches for the person.
  const user: User = { id: ports.newId('user'), email, name: name ?? localPart(email), emailVerified: true, links: 0 };
  tx.actAs(user.id);
  await insertPerson(ports, tx, user, ports.now());
  tx.audit('account.created', user.id, { by: method }, org);
  const managed = connection && { connection: connection.id, fallback: rules.provisions };
  const source = method === 'ldap' ? 'ldap' : 'sso';
  await addMember(ports, tx, { org, user: user.id, role: rules.provisions, source, managed }, { by: method });
  return user;
}

function createOwn(ports: Ports, tx: Tx, { name, label }: VerifiedIdentity, wish: Wish): Promise<User> {
  return createAccount(ports, tx, { name: wish.name ?? name ?? label, emailVerified: false, links: 0 }, wish);
}
