// Members, accounts that Admins make, workspaces that narrow, invitations.
import { ROLES, type Role } from '@privexbot/contract';
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
  const person = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
  return { ...person, org: admin.org, workspace: admin.workspace };
}

const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);
const of = ({ org }: Person, { user }: Person) => ({ params: { org, member: user } });
/** Rights are remembered for a moment where nothing changed. */
const look = (person: Person) => outcome(person.client.organizations.get({ params: person }));

test('a role is changed at once, and API keys follow it', async () => {
  const admin = await enclave.signUp();
  const person = await join(admin, 'tier1');
  const { key } = await person.client.apiKeys.create({ params: person, body: { name: 'k' } });
  expect(await outcome(person.client.audit.list({ params: person }))).toBe('done');
  const changed = await admin.client.members.change({ ...of(admin, person), body: { role: 'tier4' } });
  expect(changed).toMatchObject({ user: person.user, role: 'tier4', state: 'active', source: 'manual', own: false });
  expect(await outcome(person.client.audit.list({ params: person }))).toBe('not_allowed');
  expect(await outcome(enclave.client(key).audit.list({ params: person }))).toBe('not_allowed');
  expect(await outcome(person.client.apiKeys.create({ params: person, body: { name: 'k' } }))).toBe('not_allowed');
  const { items } = await admin.client.audit.list({ params: admin, query: { action: 'member.role_changed' } });
  expect(items[0]).toMatchObject({ target: person.user, facts: { from: 'tier1', to: 'tier4' } });
});

test('a suspended member is out, keys included, until an Admin lifts it', async () => {
  const admin = await enclave.signUp();
  const person = await join(admin, 'tier1');
  const { key } = await person.client.apiKeys.create({ params: person, body: { name: 'k' } });
  await admin.client.members.suspend(of(admin, person));
  expect(await look(person)).toBe('suspended');
  expect(await look({ ...person, client: enclave.client(key) })).toBe('suspended');
  expect((await person.client.auth.me()).organizations).toEqual([]);
  expect(await outcome(person.client.auth.token({ body: { org: admin.org } }))).toBe('not_found');
  expect((await admin.client.members.list({ params: admin, query: { state: 'suspended' } })).items).toMatchObject([{ user: person.user }]);
  await admin.client.members.reactivate(of(admin, person));
  expect(await look(person)).toBe('done');
});

test('a member who is removed, or leaves, is gone with keys, groups and entries in workspaces, and keeps the account', async () => {
  const admin = await enclave.signUp();
  for (const how of ['removed', 'left']) {
    const person = await join(admin, 'tier2');
    const { key } = await person.client.apiKeys.create({ params: person, body: { name: 'k' } });
    const group = await admin.client.groups.create({ params: admin, body: { name: how } });
    await admin.client.groups.addMembers({ params: { org: admin.org, group: group.id }, body: { users: [person.user] } });
    const { revision } = await admin.client.organizations.workspaceAccess({ params: admin });
    const entries = [{ kind: 'user', id: person.user, role: 'tier4' } as const];
    await admin.client.organizations.setWorkspaceAccess({ params: admin, body: { open: true, entries, revision } });
    if (how === 'removed') await admin.client.members.remove(of(admin, person));
    else await person.client.organizations.leave({ params: person });
    expect(await look(person)).toBe('not_found');
    expect(await look({ ...person, client: enclave.client(key) })).toBe('not_signed_in');
    expect((await person.client.auth.me()).organizations).toEqual([]);
    expect((await admin.client.groups.members({ params: { org: admin.org, group: group.id } })).found).toBe(0);
    expect((await admin.client.organizations.workspaceAccess({ params: admin })).entries).toEqual([]);
  }
});

test('the last Admin is neither removed nor demoted nor suspended, nor leaves, also when two go at once', async () => {
  const admin = await enclave.signUp();
  const other = await join(admin, 'tier2');
  const { client } = admin;
  expect(
    await Promise.all([
      outcome(client.members.remove(of(admin, admin))),
      outcome(client.members.change({ ...of(admin, admin), body: { role: 'tier1' } })),
      outcome(client.members.suspend(of(admin, admin))),
      outcome(client.organizations.leave({ params: admin })),
    ]),
  ).toEqual(['last_admin', 'last_admin', 'last_admin', 'last_admin']);
  await client.members.change({ ...of(admin, other), body: { role: 'admin' } });
  const both = await Promise.all([
    outcome(client.members.change({ ...of(admin, other), body: { role: 'tier2' } })),
    outcome(other.client.members.change({ ...of(admin, admin), body: { role: 'tier2' } })),
  ]);
  expect(both.filter((one) => one === 'done')).toHaveLength(1);
  const [left] = (
    await Promise.allSettled([admin, other].map(({ client: own }) => own.members.list({ params: admin, query: { role: 'admin' } })))
  )
    .filter((one) => one.status === 'fulfilled')
    .map(({ value }) => value.items);
  expect(left).toHaveLength(1);
});

test('an organization is handed over in one step', async () => {
  const admin = await enclave.signUp();
  const heir = await join(admin, 'tier3');
  await admin.client.organizations.transfer({ params: admin, body: { member: heir.user, role: 'tier1' } });
  expect(await outcome(admin.client.members.list({ params: admin }))).toBe('not_allowed');
  const { items } = await heir.client.members.list({ params: heir, query: { order: 'role' } });
  expect(items.map(({ user, role }) => [user, role])).toEqual([
    [heir.user, 'admin'],
    [admin.user, 'tier1'],
  ]);
});

test('an account that an Admin made signs in with a password of its own only', async () => {
  const admin = await enclave.signUp();
  const email = `made-${Math.random()}@example.com`;
  const { member, password } = await admin.client.members.create({ params: admin, body: { email, name: 'Made', role: 'tier2' } });
  expect(member).toMatchObject({ email, name: 'Made', role: 'tier2', own: true });
  expect(password).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  const signIn = (body: object) => enclave.client().auth.signIn({ body: { email, password, ...body } });
  await expect(signIn({})).rejects.toMatchObject({ code: 'new_password_required' });
  await expect(signIn({ newPassword: password })).rejects.toMatchObject({ code: 'new_password_required' });
  const chosen = 'a password of my own';
  expect((await signIn({ newPassword: chosen })).organizations).toMatchObject([{ id: admin.org, role: 'tier2' }]);
  await expect(signIn({ newPassword: 'and another one' })).rejects.toMatchObject({ code: 'wrong_credentials' });
  const client = enclave.client();
  await client.auth.signIn({ body: { email, password: chosen } });

  const again = await admin.client.members.resetPassword({ params: { org: admin.org, member: member.user } });
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(enclave.client().auth.signIn({ body: { email, password: chosen } })).rejects.toMatchObject({ code: 'wrong_credentials' });
  enclave.advance(7 * 24 * 60 * 60_000 + 1);
  const late = enclave.client().auth.signIn({ body: { email, password: again.password, newPassword: chosen } });
  await expect(late).rejects.toMatchObject({ code: 'wrong_credentials' });
});

test('only accounts that were made here, and belong nowhere else, are reset or deleted', async () => {
  const [admin, other] = [await enclave.signUp(), await enclave.signUp()];
  const invited = await join(admin, 'tier2');
  expect(await outcome(admin.client.members.resetPassword(of(admin, invited)))).toBe('not_own_account');
  expect(await outcome(admin.client.members.deleteAccount(of(admin, invited)))).toBe('not_own_account');

  const email = `shared-${Math.random()}@example.com`;
  const { member, password } = await admin.client.members.create({ params: admin, body: { email, name: 'Shared', role: 'tier2' } });
  const { link } = await other.client.organizations.invite({ params: other, body: { email, role: 'tier1' } });
  const client = enclave.client();
  await client.auth.signIn({ body: { email, password, newPassword: 'a password of my own' } });
  const { key } = await client.apiKeys.create({ params: admin, body: { name: 'k' } });
  await client.auth.acceptInvitation({ body: { invitation: link.split('#')[1] ?? '' } });
  const params = { org: admin.org, member: member.user };
  expect(await outcome(admin.client.members.resetPassword({ params }))).toBe('not_own_account');
  expect(await outcome(admin.client.members.deleteAccount({ params }))).toBe('not_own_account');
  await client.organizations.leave({ params: other });
  await admin.client.members.deleteAccount({ params });
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(enclave.client(key).organizations.get({ params: admin })).rejects.toMatchObject({ code: 'not_signed_in' });
  // The address is free again, and nothing is left that does not add up.
  const made = await admin.client.members.create({ params: admin, body: { email, name: 'Again', role: 'tier4' } });
  expect(made.member.user).not.toBe(member.user);
  expect((await admin.client.audit.verify({ params: admin })).intact).toBe(true);
});

test('members are searched, filtered, sorted and paged, and what changes is seen at once', async () => {
  const admin = await enclave.signUp();
  const names = ['Åsa Öberg', 'Zoë Adams', 'bob Miller', 'Carol Ångström'];
  for (const [index, name] of names.entries())
    await admin.client.members.create({ params: admin, body: { email: `n${index}-${admin.org}@example.com`, name, role: 'tier3' } });
  const list = async (query: object) => (await admin.client.members.list({ params: admin, query })).items.map(({ name }) => name);
  expect(await list({ role: 'tier3' })).toEqual(['Åsa Öberg', 'bob Miller', 'Carol Ångström', 'Zoë Adams']);
  expect(await list({ role: 'tier3', descending: 'true', limit: 1 })).toEqual(['Zoë Adams']);
  expect(await list({ role: 'tier3', from: 1, limit: 2 })).toEqual(['bob Miller', 'Carol Ångström']);
  expect(await list({ search: 'ANGSTROM carol' })).toEqual(['Carol Ångström']);
  expect(await list({ search: `n2-${admin.org.slice(0, 12)}` })).toEqual(['bob Miller']);
  expect(await list({ search: '%_' })).toEqual([]);
  const { found, total } = await admin.client.members.list({ params: admin, query: { role: 'tier3', limit: 1 } });
  expect([found, total]).toEqual([4, 5]);
  const person = await join(admin, 'tier3');
  await person.client.auth.rename({ body: { name: 'Aaron' } });
  expect((await list({ role: 'tier3' }))[0]).toBe('Aaron');
  await admin.client.members.remove(of(admin, person));
  expect(await list({ search: 'aaron' })).toEqual([]);
});

test('a workspace narrows what people are, and a closed one is not there for others', async () => {
  const admin = await enclave.signUp();
  const people = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await join(admin, role)]))) as Record<Role, Person>;
  const { id: workspace } = await admin.client.organizations.createWorkspace({ params: admin, body: { name: 'Secret' } });
  const at = { org: admin.org, workspace };
  const group = await admin.client.groups.create({ params: admin, body: { name: 'In' } });
  await admin.client.groups.addMembers({
    params: { org: admin.org, group: group.id },
    body: { users: [people.tier1.user, people.tier2.user] },
  });
  const set = async (open: boolean, entries: Parameters<typeof admin.client.organizations.setWorkspaceAccess>[0]['body']['entries']) => {
    const { revision } = await admin.client.organizations.workspaceAccess({ params: at });
    return admin.client.organizations.setWorkspaceAccess({ params: at, body: { open, entries, revision } });
  };
  const may = async () => {
    const seen: Record<string, string[]> = {};
    for (const [role, { client }] of Object.entries(people))
      seen[role] = [
        await outcome(client.knowledge.list({ params: at })),
        await outcome(client.knowledge.create({ params: at, body: { name: `${Math.random()}` } })),
        ((await client.auth.me()).organizations[0]?.workspaces.find(({ id }) => id === workspace)?.role ?? 'none') as string,
      ];
    return seen;
  };
  await set(false, [
    { kind: 'group', id: group.id, role: 'tier1' },
    { kind: 'user', id: people.tier2.user, role: 'tier4' },
    { kind: 'user', id: people.tier3.user, role: 'tier1' },
  ]);
  expect(await may()).toEqual({
    admin: ['done', 'done', 'admin'],
    tier1: ['done', 'done', 'tier1'],
    tier2: ['done', 'not_allowed', 'tier4'], // the own entry counts, whatever the group says
    tier3: ['done', 'not_allowed', 'tier3'], // an entry never widens
    tier4: ['not_found', 'not_found', 'none'],
  });
  await set(true, [{ kind: 'user', id: people.tier1.user, role: 'tier4' }]);
  expect(await may()).toMatchObject({ tier1: ['done', 'not_allowed', 'tier4'], tier4: ['done', 'not_allowed', 'tier4'] });
  await expect(
    admin.client.organizations.setWorkspaceAccess({ params: at, body: { open: true, entries: [], revision: 1 } }),
  ).rejects.toMatchObject({ code: 'conflict' });
});

test('a list of who may enter that was taken away from outside is refused', async () => {
  const admin = await enclave.signUp();
  const person = await join(admin, 'tier1');
  const body = { open: false, entries: [], revision: 0 };
  await admin.client.organizations.setWorkspaceAccess({ params: admin, body });
  expect(await outcome(person.client.knowledge.list({ params: person }))).toBe('not_found');
  await enclave.forge('delete from workspace_access where workspace_id = $1', [admin.workspace]);
  enclave.advance(1_500);
  expect(await outcome(person.client.knowledge.list({ params: person }))).toBe('integrity_failed');
});

test('many are invited at once; members are passed over, a second invitation takes the place of the first, expired ones are shown', async () => {
  const admin = await enclave.signUp();
  const member = await join(admin, 'tier4');
  const emails = Array.from({ length: 30 }, (_, index) => `many-${index}-${admin.org}@example.com`);
  const { invited, members } = await admin.client.organizations.inviteMany({
    params: admin,
    body: { emails: [...emails, emails[0]?.toUpperCase() ?? '', member.email], role: 'tier3' },
  });
  expect(invited).toHaveLength(30);
  expect(members).toEqual([member.email]);
  const [first] = invited;
  if (!first) throw new Error('nobody was invited');
  const again = await admin.client.organizations.resendInvitation({ params: { org: admin.org, invitation: first.id } });
  expect(await admin.client.organizations.invitations({ params: admin })).toHaveLength(30);
  const accept = (link: string) => enclave.signUp({ email: first.email, invitation: link.split('#')[1] ?? '' });
  await expect(accept(first.link)).rejects.toMatchObject({ code: 'link_invalid' });
  enclave.advance(7 * 24 * 60 * 60_000 + 1);
  await expect(accept(again.link)).rejects.toMatchObject({ code: 'link_invalid' });
  await admin.client.auth.signIn({ body: admin });
  const states = (await admin.client.organizations.invitations({ params: admin })).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['expired']));
});

test('ten people race for one invitation, and one gets it', async () => {
  const admin = await enclave.signUp();
  const person = await enclave.signUp();
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: person.email, role: 'tier2' } });
  const invitation = link.split('#')[1] ?? '';
  const tries = Array.from({ length: 10 }, () => outcome(person.client.auth.acceptInvitation({ body: { invitation } })));
  expect((await Promise.all(tries)).filter((one) => one === 'done')).toHaveLength(1);
  expect((await admin.client.members.list({ params: admin })).total).toBe(2);
});
