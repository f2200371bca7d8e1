/** Accounts that an Admin makes for somebody, and keeps as long as they belong to that organization alone. */
import type { OrgId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { randomBytes } from '../../random.ts';
import { findMembership, listOrganizationIds, removeMember } from '../organizations/index.ts';
import { insertPerson } from './accounts.ts';
import { removeFactors } from './credentials/factors.ts';
import { endSessionsOf } from './directory-accounts.ts';
import { listIdentities, removeIdentity } from './identities.ts';
import { notify } from './notices.ts';
import { changeUser, deleteUser, deleteWaysIn, findUser, type Tx } from './store.ts';

type Ports = Pick<Context, 'jobs' | 'keyring' | 'mailer' | 'now' | 'newId'>;

const ONE_TIME_TTL_MS = 7 * 24 * 60 * 60_000;
/** Without what is read for something else; 32 of them, so that a character is five bits. */
const LETTERS = 'abcdefghijkmnopqrstuvwxyz2345679';
const GROUPS = 5;
const GROUP_LENGTH = 4;

/** A password for the first sign-in, to be read out or typed off: 100 bits, in groups. */
export function makeOneTimePassword(): string {
  const letters = [...randomBytes(GROUPS * GROUP_LENGTH)].map((byte) => LETTERS.charAt(byte & 31));
  return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join('')).join('-');
}

/** @param password its hash. @throws AppError `address_taken` */
export async function createManagedAccount(
  ports: Ports,
  tx: Tx,
  { email, name, org, password }: { email: string; name: string; org: OrgId; password: string },
): Promise<{ user: UserId; expiresAt: Date }> {
  const user = ports.newId('user');
  const expiresAt = expiry(ports);
  const profile = { email, name, emailVerified: false, password, links: 0, madeBy: org, oneTimeUntil: expiresAt.toISOString() };
  await insertPerson(ports, tx, { id: user, ...profile }, ports.now());
  return { user, expiresAt };
}

/**
 * Replaces the password by one for the next sign-in alone, and ends all sessions and other ways in but those by a directory: whoever
 * was in before, the Admin among them, has left none behind for the person who comes in next. @throws AppError `not_own_account`
 */
export async function setOneTimePassword(ports: Ports, tx: Tx, org: OrgId, id: UserId, password: string): Promise<Date> {
  await requireOwn(ports, tx, org, id);
  const { keyring } = ports;
  const expiresAt = expiry(ports);
  const before = await changeUser(keyring, tx, id, ({ links }) => ({ password, links: links + 1, oneTimeUntil: expiresAt.toISOString() }));
  for (const identity of await listIdentities(keyring, tx, id)) if (identity.connection === undefined) await removeIdentity(tx, identity);
  await removeFactors(ports, tx, id, before.factors ?? []);
  await endSessionsOf(tx, id);
  await notify(ports, tx, id, 'passwordByAdmin', 'admin');
  return expiresAt;
}

/** Deletes an account with its sessions, ways in and membership; its API keys must be gone. @throws AppError `not_own_account` */
export async function deleteAccount(ports: Ports, tx: Tx, org: OrgId, user: UserId): Promise<void> {
  await requireOwn(ports, tx, org, user);
  await deleteWaysIn(tx, user);
  await removeMember(ports, tx, org, user);
  await endSessionsOf(tx, user);
  await deleteUser(tx, user);
}

/** Whether an organization made an account that nobody else has a part in: resetting it gives nobody more than the organization has. */
export async function isOwnAccount({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, org: OrgId, id: UserId): Promise<boolean> {
  const user = await findUser(keyring, tx, { id });
  const orgs = await listOrganizationIds(tx, id);
  return user?.madeBy === org && orgs.every((other) => other === org);
}

async function requireOwn(ports: Ports, tx: Tx, org: OrgId, user: UserId): Promise<void> {
  await tx.lock('users');
  if (!(await findMembership(ports.keyring, tx, org, user)) || !(await isOwnAccount(ports, tx, org, user)))
    throw new AppError('not_own_account');
}

function expiry({ now }: Ports): Date {
  return new Date(now().getTime() + ONE_TIME_TTL_MS);
}
