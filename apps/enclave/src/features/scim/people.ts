/**
 * People as a directory keeps them. A person is an account and a membership: a directory may make accounts at the addresses of domains
 * that its organization has proven, and manage the memberships of those whom it sent. It touches nobody else.
 */
import { type GroupId, LIMITS, type OrgId, UNFIT, type UserId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import {
  changeDirectoryAccount,
  endSessionsOf,
  findPersonByEmail,
  hasAccount,
  insertDirectoryAccount,
  isMerelyClaimed,
  isSameAddress,
} from '../auth/index.ts';
import { isAddress, isOwnAddress } from '../domains/index.ts';
import {
  addMember,
  changeMembership,
  findGroup,
  findMembership,
  type Group,
  isActingAdmin,
  listGroups,
  listGroupsOf,
  listMemberships,
  lockRights,
  type Membership,
  removeMember,
  requireOtherAdmin,
  takeInvitationsOf,
} from '../organizations/index.ts';
import { type EnvironmentTx, type Ports, present, requireVersion, type ScimCall, textOf } from './call.ts';
import { isComplex, type Resource, requireComplete, type Value, without } from './resource.ts';
import { TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import { changeScimUser, findScimUser, insertScimUser, type ScimUser, type Tx } from './store.ts';

const TYPE = TYPES.User;
const USER_ID = /^usr_[0-9a-z]{26}$/;

/** Makes a person, or takes over one whom the organization has already. @throws ScimError */
export async function createPerson(ports: Ports, tx: EnvironmentTx, call: ScimCall, resource: Resource): Promise<Resource> {
  requireComplete(TYPE, resource);
  const { keyring, now, newId } = ports;
  const { org, connection } = call;
  // Whatever changes names or addresses of a directory's people holds these.
  await tx.lockAll([
    ['users', 'environment'],
    ['invitations', org],
    ['memberships', org],
    ['scim_users', org],
  ]);
  // Side by side, so that they go to the database together.
  const [address, twin, known] = await Promise.all([
    requireAddress(ports, tx, call, resource),
    findScimUser(keyring, tx, call, { name: String(resource.userName) }),
    findPersonByEmail(keyring, tx, addressOf(resource) ?? ''),
  ]);
  if (known && isMerelyClaimed(known)) throw outsider();
  if (twin) await letGo(ports, tx, twin);
  const kept = known && (await findScimUser(keyring, tx, call, { user: known.id }));
  if (kept && !kept.removed) throw taken('address');
  const user = known?.id ?? newId('user');
  const { active, ...content } = resource;
  const isActive = active !== false;
  const at = now();
  const isMade = kept?.isMade ?? !known;
  const scimUser = { org, connection, user, removed: false, resource: content, isMade, createdAt: kept?.createdAt ?? at, changedAt: at };
  if (known) {
    await enterOrganization(ports, tx, call, known, { isOurs: isMade, isActive });
    await (kept ? changeScimUser : insertScimUser)(keyring, tx, scimUser);
    return presentOne(ports, tx, call, scimUser);
  }
  await insertDirectoryAccount(ports, tx, { id: user, email: address, name: nameOf(resource) ?? address });
  await Promise.all([join(ports, tx, call, user, isActive), insertScimUser(keyring, tx, scimUser)]);
  return show(call, scimUser, isActive);
}

/** Frees the name of somebody whose account was deleted here since. @throws ScimError 409 where it was not */
async function letGo({ keyring, now }: Ports, tx: EnvironmentTx, twin: ScimUser): Promise<void> {
  if (await hasAccount(keyring, tx, twin.user)) throw taken('userName');
  await changeScimUser(keyring, tx, { ...twin, removed: true, resource: {}, changedAt: now() });
}

/**
 * Somebody who has the address is taken over only as a member, or by an invitation: an account that somebody made elsewhere with
 * an address of this domain stays theirs until they accept one.
 */
async function enterOrganization(
  ports: Ports,
  tx: EnvironmentTx,
  call: ScimCall,
  person: { readonly id: UserId; readonly email?: string; readonly emailVerified: boolean },
  { isOurs, isActive }: { isOurs: boolean; isActive: boolean },
): Promise<void> {
  const { org, connection } = call;
  const membership = await findMembership(ports.keyring, tx, org, person.id);
  if (membership) return takeOver(ports, tx, connection, membership, isActive);
  // Whoever is invited must have shown that the address is theirs: anybody can sign up with it.
  const isMeant = isOurs || (person.emailVerified && (await takeInvitationsOf(ports, tx, org, isSameAddress(ports, person.email))));
  if (!isMeant) throw outsider();
  await join(ports, tx, call, person.id, isActive);
}

function outsider(): ScimError {
  return new ScimError(
    409,
    'Somebody whom nobody vouches for has this address. Invite them; once they have confirmed the address, send them again.',
    'uniqueness',
  );
}

async function join(
  ports: Ports,
  tx: EnvironmentTx,
  { org, connection, provisioning: { role } }: ScimCall,
  user: UserId,
  isActive: boolean,
): Promise<void> {
  const state = isActive ? ({ state: 'active' } as const) : ({ state: 'suspended', suspendedBy: 'directory' } as const);
  const member = { org, user, role, source: 'scim', managed: { connection, fallback: role }, ...state } as const;
  await addMember(ports, tx, member, { by: 'scim', connection });
}

/** A member who was there before keeps the role until a group grants one, and Admins are never managed. */
async function takeOver(
  ports: Ports,
  tx: EnvironmentTx,
  connection: ScimCall['connection'],
  membership: Membership,
  isActive: boolean,
): Promise<void> {
  const { managed, source, role } = membership;
  if (source === 'agency' || (managed && managed.connection !== connection))
    throw new ScimError(409, 'Another directory or an agency manages this member.', 'uniqueness');
  let taken = membership;
  if (!managed && role !== 'admin') {
    taken = await changeMembership(ports.keyring, tx, membership, { source: 'scim', managed: { connection, fallback: role } });
    tx.audit('member.changed', membership.user, { by: 'scim', connection }, membership.org);
  }
  await setActive(ports, tx, taken, isActive);
}

/** @throws ScimError 404 */
export async function requirePerson(ports: Ports, tx: Tx, call: ScimCall, id: string): Promise<ScimUser> {
  const found = USER_ID.test(id) ? await findScimUser(ports.keyring, tx, call, { user: id as UserId }) : undefined;
  if (!found || found.removed) throw new ScimError(404, 'There is no such person in this directory.');
  return found;
}

/** Changes a person to what `change` makes of the present state. */
export async function changePerson(
  ports: Ports,
  tx: EnvironmentTx,
  call: ScimCall,
  id: string,
  version: string | undefined,
  change: (before: Resource) => Resource,
): Promise<Resource> {
  const { keyring } = ports;
  await tx.lockAll([
    ['users', 'environment'],
    ['memberships', call.org],
    ['scim_users', call.org],
  ]);
  const before = await requirePerson(ports, tx, call, id);
  const shown = await presentOne(ports, tx, call, before);
  requireVersion(version, shown);
  const { active, ...resource } = change({ ...before.resource, id, active: shown.active ?? false });
  requireComplete(TYPE, resource);
  await requireFreeName(ports, tx, call, before, String(resource.userName));
  await changeAccount(ports, tx, call, before, resource);
  const membership = await findMembership(keyring, tx, call.org, before.user);
  // A profile without the attribute says nothing of it.
  if (membership && typeof active === 'boolean') await setActive(ports, tx, membership, active);
  const after = { ...before, resource: without(resource, 'id'), changedAt: ports.now() };
  await changeScimUser(keyring, tx, after);
  tx.audit('scim.user_changed', before.user, { connection: call.connection }, call.org);
  return presentOne(ports, tx, call, after);
}

/** Takes a person out of the organization, with sessions and keys. The account stays, and may be sent again. */
export async function removePerson(
  ports: Ports,
  tx: EnvironmentTx,
  call: ScimCall,
  id: string,
  version: string | undefined,
): Promise<void> {
  const { keyring } = ports;
  const { org, connection } = call;
  await tx.lock('users');
  await lockRights(tx, org);
  await tx.lock('scim_users', org);
  const before = await requirePerson(ports, tx, call, id);
  if (version !== undefined) requireVersion(version, await presentOne(ports, tx, call, before));
  if (await findMembership(keyring, tx, org, before.user)) {
    await unlessLastAdmin(() => removeMember(ports, tx, org, before.user));
    tx.audit('member.removed', before.user, { by: 'scim', connection }, org);
  }
  await changeScimUser(keyring, tx, { ...before, removed: true, resource: {}, changedAt: ports.now() });
  await endAccess(tx, org, before.user);
}

/** Suspends a member with all that is open, or lets them in again; what an Admin suspended stays so. */
async function setActive({ keyring }: Ports, tx: EnvironmentTx, membership: Membership, isActive: boolean): Promise<void> {
  const { org, user, state, suspendedBy } = membership;
  if (isActive === (state === 'active')) return;
  if (isActive) {
    if (suspendedBy === 'admin') return;
    await changeMembership(keyring, tx, membership, { state: 'active', suspendedBy: undefined });
    tx.audit('member.reactivated', user, { by: 'scim' }, org);
    return;
  }
  if (isActingAdmin(membership)) await unlessLastAdmin(() => requireOtherAdmin(keyring, tx, membership));
  await changeMembership(keyring, tx, membership, { state: 'suspended', suspendedBy: 'directory' });
  tx.audit('member.suspended', user, { by: 'scim' }, org);
  await endAccess(tx, org, user);
}

/** Answers under way end by themselves: `http/open-calls.ts`. */
async function endAccess(tx: EnvironmentTx, org: OrgId, user: UserId): Promise<void> {
  const sessions = await endSessionsOf(tx, user);
  if (sessions > 0) tx.audit('session.ended', user, { by: 'scim', sessions }, org);
}

async function unlessLastAdmin<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'last_admin')
      throw new ScimError(403, 'This is the last Admin of the organization. Make somebody else one first.');
    throw error;
  }
}

async function requireFreeName({ keyring }: Ports, tx: Tx, call: ScimCall, { user, resource }: ScimUser, name: string): Promise<void> {
  if (name === resource.userName) return;
  const twin = await findScimUser(keyring, tx, call, { name });
  if (twin && twin.user !== user) throw taken('userName');
}

/** The account follows the directory where the directory made it. */
async function changeAccount(ports: Ports, tx: EnvironmentTx, call: ScimCall, before: ScimUser, resource: Resource): Promise<void> {
  const address = addressOf(resource);
  const isSameAddress = address !== undefined && address.toLowerCase() === addressOf(before.resource)?.toLowerCase();
  if (!isSameAddress) await requireAddress(ports, tx, call, resource);
  if (!before.isMade) return;
  const name = nameOf(resource);
  // A person who took another address, at home or at the next company, is not brought back by the one before.
  const holder = await findPersonByEmail(ports.keyring, tx, addressOf(before.resource) ?? '');
  const changes = {
    ...(isSameAddress || address === undefined || holder?.id !== before.user ? {} : { email: address }),
    ...(name === undefined || name === nameOf(before.resource) ? {} : { name }),
  };
  if (changes.email !== undefined && (await findPersonByEmail(ports.keyring, tx, changes.email))) throw taken('address');
  if (Object.keys(changes).length > 0) await changeDirectoryAccount(ports.keyring, tx, before.user, changes);
}

/** @throws ScimError where there is no address, or it is not the organization's to speak for */
async function requireAddress(ports: Ports, tx: EnvironmentTx, { org }: ScimCall, resource: Resource): Promise<string> {
  const address = addressOf(resource);
  if (address === undefined)
    throw new ScimError(400, 'A person needs an address: a primary one in emails, or a userName that is one.', 'invalidValue');
  if (!(await isOwnAddress(ports, tx, org, address)))
    throw new ScimError(
      400,
      'The address is not in a domain that the organization has verified. An Admin verifies domains under Sign-in, Domains.',
      'invalidValue',
    );
  return address;
}

/** The primary address, else the one at work, else the first, else a user name that is one. */
export function addressOf(resource: Resource): string | undefined {
  const emails = listOf(resource.emails);
  const chosen =
    emails.find((one) => isComplex(one) && one.primary === true) ??
    emails.find((one) => isComplex(one) && typeof one.type === 'string' && one.type.toLowerCase() === 'work') ??
    emails[0];
  const address = isComplex(chosen) ? textOf(chosen.value) : textOf(chosen);
  return [address, textOf(resource.userName)].find((one) => one !== undefined && isAddress(one));
}

function nameOf(resource: Resource): string | undefined {
  const { displayName, name } = resource;
  const parts = isComplex(name) ? name : {};
  const joined = [textOf(parts.givenName), textOf(parts.familyName)].filter(Boolean).join(' ');
  const shown = textOf(displayName) ?? textOf(parts.formatted) ?? joined;
  return shown.replace(UNFIT, ' ').trim().slice(0, LIMITS.nameLength).toWellFormed() || undefined;
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

function taken(what: 'userName' | 'address'): ScimError {
  return new ScimError(409, `Somebody in this directory has the same ${what} already.`, 'uniqueness');
}

async function presentOne(ports: Ports, tx: Tx, call: ScimCall, user: ScimUser): Promise<Resource> {
  const [shown] = await presentPeople(ports, tx, call, [user]);
  if (!shown) throw new AppError('internal');
  return shown;
}

/** As the directory sees them: with their state here and their groups of the same directory. */
export async function presentPeople({ keyring }: Ports, tx: Tx, call: ScimCall, users: readonly ScimUser[]): Promise<Resource[]> {
  const { org, base } = call;
  const ids = users.map(({ user }) => user);
  const states = new Map((await listMemberships(keyring, tx, org, ids)).map(({ user, state }) => [user, state]));
  const groupsOf = await listGroupsOf(keyring, tx, org, ids);
  const names = await groupNames(keyring, tx, call, new Set([...groupsOf.values()].flat()));
  return users.map((one) => {
    const groups = (groupsOf.get(one.user) ?? []).flatMap((id) => {
      const display = names.get(id);
      return display === undefined ? [] : [{ value: id, $ref: `${base}/Groups/${id}`, display, type: 'direct' }];
    });
    return show(call, one, states.get(one.user) === 'active', groups);
  });
}

const NAMED_ONE_BY_ONE = 20;

/** Names of the directory's own groups among these. */
async function groupNames(
  keyring: Keyring,
  tx: Tx,
  { org, connection }: ScimCall,
  ids: ReadonlySet<GroupId>,
): Promise<Map<GroupId, string>> {
  const names = new Map<GroupId, string>();
  const add = (group: Group | undefined) => group?.connection === connection && names.set(group.id, group.name);
  if (ids.size > NAMED_ONE_BY_ONE) for (const group of await listGroups(keyring, tx, org, connection)) add(group);
  else for (const id of ids) add(await findGroup(keyring, tx, org, { id }));
  return names;
}

function show(
  call: ScimCall,
  { user, resource, createdAt, changedAt }: ScimUser,
  active: boolean,
  groups: readonly Value[] = [],
): Resource {
  const content = { ...resource, active, ...(groups.length ? { groups } : {}) };
  return present(TYPE, call, user, content, { created: createdAt, changed: changedAt });
}
