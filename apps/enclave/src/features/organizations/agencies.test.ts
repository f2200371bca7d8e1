import type { Role } from '@privexbot/contract';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function join(admin: Person, role: Role): Promise<Person> {
  const email = `${role}-${Math.random()}@example.com`;
  const { link } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role } });
  return enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
}

const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);

/** A client that let an agency in, up to `role`, and one of the agency's people. */
async function engage(role: Role = 'tier1') {
  const [client, agency] = [await enclave.signUp({ organization: 'Client' }), await enclave.signUp({ organization: 'Agency' })];
  const worker = await join(agency, 'tier3');
  const offer = await client.client.agencies.offer({ params: client, body: { role } });
  const accepted = await agency.client.agencies.accept({ params: agency, body: { token: offer.link.split('#')[1] ?? '' } });
  const assign = (as: Role, user = worker.user) =>
    agency.client.agencies.assign({ params: { org: agency.org, client: accepted.id, member: user }, body: { role: as } });
  return { client, agency, worker, offer, accepted, assign };
}

const enters = ({ client }: Person, { org }: Person) => outcome(client.organizations.get({ params: { org } }));

test("an agency's people work in a client's organization with its consent, seen by it, and are out at once when it withdraws", async () => {
  const { client, worker, accepted, assign } = await engage();
  expect(accepted).toMatchObject({ organization: 'Client', role: 'tier1', people: [] });
  expect(await enters(worker, client)).toBe('not_found');
  expect(await assign('tier1')).toMatchObject({ people: [{ user: worker.user, role: 'tier1' }] });
  expect(await enters(worker, client)).toBe('done');
  expect((await worker.client.auth.me()).organizations.map(({ id, role }) => [id, role])).toContainEqual([client.org, 'tier1']);

  const shown = await client.client.members.get({ params: { org: client.org, member: worker.user } });
  expect(shown).toMatchObject({ source: 'agency', agency: 'Agency', role: 'tier1' });
  expect(await client.client.agencies.list({ params: client })).toMatchObject([{ state: 'active', agency: 'Agency', people: 1 }]);
  const { items } = await client.client.audit.list({ params: client, query: { action: 'agency' } });
  expect(items.map(({ action }) => action)).toEqual(['agency.person_assigned', 'agency.accepted', 'agency.offered']);

  await client.client.agencies.revoke({ params: { org: client.org, agency: accepted.id } });
  expect(await enters(worker, client)).toBe('not_found');
  expect((await client.client.members.list({ params: client })).total).toBe(1);
  expect(await outcome(assign('tier1'))).toBe('not_found');
});

test('an offer is accepted once, by another organization, before it expires', async () => {
  const { client, agency, offer } = await engage();
  const accept = (person: Person, { link }: { link: string }) =>
    outcome(person.client.agencies.accept({ params: person, body: { token: link.split('#')[1] ?? '' } }));
  expect(await accept(agency, offer)).toBe('link_invalid');
  const own = await client.client.agencies.offer({ params: client, body: { role: 'tier1' } });
  expect(await accept(client, own)).toBe('link_invalid');
  const late = await client.client.agencies.offer({ params: client, body: { role: 'tier1' } });
  const raced = await Promise.all(Array.from({ length: 5 }, () => accept(agency, own)));
  expect(raced.filter((one) => one === 'done')).toHaveLength(1);
  enclave.advance(7 * 24 * 60 * 60_000 + 1);
  await agency.client.auth.signIn({ body: agency });
  expect(await accept(agency, late)).toBe('link_invalid');
});

test('nobody is sent with more than the client allowed, who is none of the agency, or who is there already', async () => {
  const { client, agency, accepted, assign } = await engage('tier2');
  expect(await outcome(assign('tier1'))).toBe('above_consent');
  const stranger = await enclave.signUp();
  expect(await outcome(assign('tier2', stranger.user))).toBe('not_found');
  const { link } = await client.client.organizations.invite({ params: client, body: { email: agency.email, role: 'tier4' } });
  await agency.client.auth.acceptInvitation({ body: { invitation: link.split('#')[1] ?? '' } });
  expect(await outcome(assign('tier2', agency.user))).toBe('member_elsewhere');
  // Another organization's consent is nobody else's.
  const other = await enclave.signUp();
  const params = { org: other.org, client: accepted.id, member: other.user };
  expect(await outcome(other.client.agencies.assign({ params, body: { role: 'tier4' } }))).toBe('not_found');
  expect(await outcome(other.client.agencies.revoke({ params: { org: other.org, agency: accepted.id } }))).toBe('not_found');
});

test('who leaves the agency, or is suspended there, is out of its clients', async () => {
  const { client, agency, worker, assign } = await engage();
  await assign('tier1');
  await agency.client.members.suspend({ params: { org: agency.org, member: worker.user } });
  expect(await enters(worker, client)).toBe('not_found');
  await agency.client.members.reactivate({ params: { org: agency.org, member: worker.user } });
  expect(await enters(worker, client)).toBe('done');
  await agency.client.members.remove({ params: { org: agency.org, member: worker.user } });
  expect(await enters(worker, client)).toBe('not_found');
  expect((await client.client.members.list({ params: client })).total).toBe(1);
});

test("an agency's Admin is not the client's last one, and the client may remove its people", async () => {
  const { client, agency, worker, assign } = await engage('admin');
  await assign('admin');
  expect(await outcome(client.client.organizations.leave({ params: client }))).toBe('last_admin');
  expect(await outcome(client.client.members.change({ params: { org: client.org, member: worker.user }, body: { role: 'tier4' } }))).toBe(
    'managed_elsewhere',
  );
  await client.client.members.remove({ params: { org: client.org, member: worker.user } });
  expect(await enters(worker, client)).toBe('not_found');
  expect((await agency.client.agencies.clients({ params: agency }))[0]?.people).toEqual([]);
  await assign('tier4');
  expect((await client.client.agencies.list({ params: client }))[0]?.people).toBe(1);
});

test('a consent that was widened from outside is refused', async () => {
  const { accepted, assign } = await engage('tier4');
  await enclave.forge(`update agency_grants set role = 'admin' where id = $1`, [accepted.id]);
  expect(await outcome(assign('admin'))).toBe('integrity_failed');
});
