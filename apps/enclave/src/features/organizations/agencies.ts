// Agencies: people of one organization who work in another with its consent. The client sees them among its members and in its
// audit log, and ends it all at once; the agency chooses whom it sends, within what the client allowed.
import { type GrantId, narrower, type OrgId, type Role, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { changeGrant, deleteGrant, findGrant, type Grant, listClients } from './agency-grants.ts';
import { addMember } from './index.ts';
import { removeMember } from './members.ts';
import { changeMembership, findMembership } from './memberships.ts';
import { findOrganization } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now' | 'newId'>;
type EnvironmentTx = Transaction<'environment'>;

/** @throws AppError `link_invalid`, also for the client itself */
export async function acceptOffer({ keyring, now }: Ports, tx: EnvironmentTx, agency: OrgId, token: string): Promise<Grant> {
  const grant = await findGrant(keyring, tx, { token });
  if (!grant || grant.agency || grant.expiresAt <= now() || grant.org === agency) throw new AppError('link_invalid');
  const [own, client] = [await findOrganization(keyring, tx, agency), await findOrganization(keyring, tx, grant.org)];
  if (!own || !client) throw new AppError('link_invalid');
  const accepted = await changeGrant(keyring, tx, grant, { agency, names: { agency: own.name, client: client.name } });
  for (const org of [agency, grant.org]) tx.audit('agency.accepted', grant.id, { agency, client: grant.org, role: grant.role }, org);
  return accepted;
}

/** The consent under which an agency works. @throws AppError `not_found` */
export async function requireClient({ keyring }: Ports, tx: Transaction<Realm>, agency: OrgId, id: GrantId): Promise<Grant> {
  const grant = await findGrant(keyring, tx, { id });
  if (grant?.agency !== agency) throw new AppError('not_found');
  return grant;
}

/** @throws AppError `not_found`, `above_consent`, `member_elsewhere` */
export async function assignPerson(ports: Ports, tx: EnvironmentTx, agency: OrgId, id: GrantId, user: UserId, role: Role): Promise<Grant> {
  const { keyring } = ports;
  const grant = await requireClient(ports, tx, agency, id);
  const own = await findMembership(keyring, tx, agency, user);
  // Who was sent to the agency by another one is not the agency's to send.
  if (own?.state !== 'active' || own.agency) throw new AppError('not_found');
  if (narrower(role, grant.role) !== role) throw new AppError('above_consent', { role: grant.role });
  await tx.lock('memberships', grant.org);
  const there = await findMembership(keyring, tx, grant.org, user);
  if (there && there.agency?.grant !== id) throw new AppError('member_elsewhere');
  if (there) await changeMembership(keyring, tx, there, { role });
  else await addMember(ports, tx, { org: grant.org, user, role, source: 'agency', agency: { grant: id, org: agency } });
  const changed = there ? grant : await changeGrant(keyring, tx, grant, { people: [...new Set([...grant.people, user])] });
  for (const org of [agency, grant.org]) tx.audit('agency.person_assigned', user, { grant: id, role }, org);
  return changed;
}

/** @throws AppError `not_found` */
export async function withdrawPerson(ports: Ports, tx: EnvironmentTx, grant: Grant, user: UserId): Promise<Grant> {
  if (!grant.people.includes(user)) throw new AppError('not_found');
  await endWork(ports, tx, grant, user);
  for (const org of [grant.agency, grant.org]) if (org) tx.audit('agency.person_withdrawn', user, { grant: grant.id }, org);
  return changeGrant(ports.keyring, tx, grant, { people: grant.people.filter((one) => one !== user) });
}

/** Ends a consent, whoever of the two asks for it: all whom the agency sent are out. */
export async function endGrant(ports: Ports, tx: EnvironmentTx, grant: Grant, by: 'client' | 'agency'): Promise<void> {
  for (const user of grant.people) await endWork(ports, tx, grant, user);
  await deleteGrant(tx, grant);
  const facts = { by, people: grant.people.length };
  for (const org of [grant.agency, grant.org]) if (org) tx.audit('agency.revoked', grant.id, facts, org);
}

/** Takes a person who left an agency out of its clients' organizations. What is left of the right ended with the membership. */
export async function withdrawFromClients(ports: Ports, agency: OrgId, user: UserId, actor: string): Promise<void> {
  const { db, keyring } = ports;
  const clients = await db.transaction('environment', actor, (tx) => listClients(keyring, tx, agency));
  for (const { id } of clients.filter(({ people }) => people.includes(user)))
    await db.transaction('environment', actor, async (tx) => {
      const grant = await findGrant(keyring, tx, { id });
      if (grant?.people.includes(user)) await withdrawPerson(ports, tx, grant, user);
    });
}

/** The client may have removed the person meanwhile. */
async function endWork(ports: Ports, tx: EnvironmentTx, { id, org }: Grant, user: UserId): Promise<void> {
  await tx.lock('memberships', org);
  const membership = await findMembership(ports.keyring, tx, org, user);
  if (membership?.agency?.grant === id) await removeMember(ports, tx, org, user);
}
