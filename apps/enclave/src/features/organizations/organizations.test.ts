import { ROLES, type Role } from '@privexbot/contract';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function invite(admin: Person, role: Role, email = `guest-${Math.random()}@example.com`) {
  const { link, ...invitation } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role } });
  return { ...invitation, token: link.split('#')[1] ?? '' };
}

async function join(admin: Person, role: Role): Promise<Person> {
  const { email, token } = await invite(admin, role);
  return enclave.signUp({ email, invitation: token });
}

/** `done`, or the code of the refusal. */
const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);

test('each of the five roles may do what the table says', async () => {
  const admin = await enclave.signUp();
  const params = { org: admin.org };
  const seen: Record<string, string[]> = {};
  for (const role of ROLES) {
    const { client } = await join(admin, role);
    seen[role] = await Promise.all([
      outcome(client.organizations.get({ params })),
      outcome(client.apiKeys.list({ params })),
      outcome(client.audit.list({ params })),
      outcome(client.organizations.createWorkspace({ params, body: { name: 'Another' } })),
      outcome(client.members.list({ params })),
    ]);
  }
  expect(seen).toEqual({
    admin: ['done', 'done', 'done', 'done', 'done'],
    tier1: ['done', 'done', 'done', 'done', 'not_allowed'],
    tier2: ['done', 'done', 'not_allowed', 'not_allowed', 'not_allowed'],
    tier3: ['done', 'done', 'not_allowed', 'not_allowed', 'not_allowed'],
    tier4: ['done', 'not_allowed', 'not_allowed', 'not_allowed', 'not_allowed'],
  });
});

test('an invitation is accepted once, by the invited address, before it expires or is revoked', async () => {
  const admin = await enclave.signUp();
  const { token, email } = await invite(admin, 'tier2');
  const other = enclave.signUp({ invitation: token });
  await expect(other).rejects.toMatchObject({ code: 'bad_request', details: { field: 'email' } });
  const results = await Promise.allSettled([1, 2, 3].map(() => enclave.signUp({ email, invitation: token })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await expect(enclave.signUp({ invitation: token })).rejects.toMatchObject({ code: 'link_invalid' });
  expect(await admin.client.organizations.invitations({ params: admin })).toEqual([]);

  const revoked = await invite(admin, 'tier2');
  await admin.client.organizations.revokeInvitation({ params: { org: admin.org, invitation: revoked.id } });
  await expect(enclave.signUp({ email: revoked.email, invitation: revoked.token })).rejects.toMatchObject({ code: 'link_invalid' });

  const late = await invite(admin, 'tier2');
  expect(await admin.client.organizations.invitations({ params: admin })).toMatchObject([{ email: late.email, role: 'tier2' }]);
  enclave.advance(7 * 24 * 60 * 60_000 + 1);
  await expect(enclave.signUp({ email: late.email, invitation: late.token })).rejects.toMatchObject({ code: 'link_invalid' });
  await enclave.client().auth.signIn({ body: admin });
});

test('whoever holds an invitation sees what it is for, and of one that does not count no more than of one that never was', async () => {
  const admin = await enclave.signUp({ organization: 'Acme Instruments' });
  await admin.client.auth.rename({ body: { name: 'Ada Admin' } });
  const look = (token: string) => enclave.client().auth.describeInvitation({ body: { invitation: token } });
  const refusal = async (token: string) => {
    const { code, message, status, details } = await look(token).then(
      () => ({}) as never,
      (error: { code: string; message: string; status: number; details: object }) => error,
    );
    return { code, message, status, details };
  };
  const { token, email, expiresAt } = await invite(admin, 'tier3');
  const shown = { organization: 'Acme Instruments', role: 'tier3', invitedBy: 'Ada Admin', expiresAt };
  expect(await look(token)).toEqual(shown);
  expect(await look(token)).toEqual(shown);
  await enclave.signUp({ email, invitation: token });
  const [revoked, closed, late] = [
    await invite(admin, 'tier2'),
    await invite(await enclave.signUp(), 'tier2'),
    await invite(admin, 'tier2'),
  ];
  await admin.client.organizations.revokeInvitation({ params: { org: admin.org, invitation: revoked.id } });
  const unknown = await refusal('x'.repeat(43));
  expect(unknown).toMatchObject({ code: 'link_invalid' });
  expect([await refusal(token), await refusal(revoked.token)]).toEqual([unknown, unknown]);
  expect(await look(closed.token)).toMatchObject({ role: 'tier2' });
  enclave.advance(7 * 24 * 60 * 60_000 + 1);
  expect(await refusal(late.token)).toEqual(unknown);
});

test('a refused invitation leaves no account behind', async () => {
  const email = `nobody-${Math.random()}@example.com`;
  await expect(enclave.signUp({ email, invitation: 'x'.repeat(43) })).rejects.toMatchObject({ code: 'link_invalid' });
  expect((await enclave.signUp({ email })).email).toBe(email);
});

test('a person joins a second organization with the account there is, and works in both', async () => {
  const admin = await enclave.signUp();
  const person = await enclave.signUp();
  const { token } = await invite(admin, 'tier1', person.email.toUpperCase());
  const account = await person.client.auth.acceptInvitation({ body: { invitation: token } });
  expect(account.organizations.map(({ id, role }) => [id, role]).sort()).toEqual(
    [
      [admin.org, 'tier1'],
      [person.org, 'admin'],
    ].sort(),
  );
  expect((await person.client.organizations.get({ params: admin })).id).toBe(admin.org);
  await expect(invite(admin, 'admin', person.email)).rejects.toMatchObject({ code: 'bad_request', details: { field: 'email' } });
  const { items } = await admin.client.members.list({ params: admin, query: { order: 'since' } });
  expect(items.map(({ email, role }) => [email, role])).toEqual([
    [admin.email, 'admin'],
    [person.email, 'tier1'],
  ]);
});

test('names of organization and workspaces change for all who see them', async () => {
  const { client, org, workspace } = await enclave.signUp({ organization: 'Old' });
  await client.organizations.rename({ params: { org }, body: { name: 'New' } });
  await client.organizations.renameWorkspace({ params: { org, workspace }, body: { name: 'First' } });
  await client.organizations.createWorkspace({ params: { org }, body: { name: 'Second' } });
  const { organizations } = await client.auth.me();
  expect(organizations).toMatchObject([{ name: 'New', workspaces: [{ name: 'First' }, { name: 'Second' }] }]);
});

test('another organization is not found, by id in the path, by workspace, by invitation or by API key, and that is audited', async () => {
  const [ours, theirs] = [await enclave.signUp(), await enclave.signUp()];
  const { id: invitation } = await invite(theirs, 'tier1');
  const { key } = await ours.client.apiKeys.create({ params: ours, body: { name: 'k' } });
  const calls = [
    ours.client.organizations.get({ params: theirs }),
    ours.client.organizations.rename({ params: theirs, body: { name: 'x' } }),
    ours.client.organizations.renameWorkspace({ params: { org: ours.org, workspace: theirs.workspace }, body: { name: 'x' } }),
    ours.client.organizations.revokeInvitation({ params: { org: ours.org, invitation } }),
    enclave.client(key).organizations.get({ params: theirs }),
    enclave.client(key.replace(ours.org.slice(4), theirs.org.slice(4))).organizations.get({ params: theirs }),
  ];
  const outcomes = await Promise.all(calls.map(outcome));
  expect(outcomes).toEqual(['not_found', 'not_found', 'not_found', 'not_found', 'not_found', 'not_signed_in']);
  expect((await theirs.client.organizations.get({ params: theirs })).name).not.toBe('x');
  const { items } = await ours.client.audit.list({ params: ours, query: { action: 'refused' } });
  expect(items.map(({ facts }) => facts.endpoint)).toEqual(
    expect.arrayContaining(['PATCH /v1/organizations/:org/workspaces/:workspace', 'DELETE /v1/organizations/:org/invitations/:invitation']),
  );
});

test('what a person does and is told of in several organizations is in the log of each', async () => {
  const admin = await enclave.signUp();
  const person = await enclave.signUp();
  const { token } = await invite(admin, 'tier3', person.email);
  await person.client.auth.acceptInvitation({ body: { invitation: token } });
  await enclave.client().auth.signIn({ body: person });
  for (const { client, org } of [admin, person]) {
    const { items } = await client.audit.list({ params: { org }, query: { action: 'session.started' } });
    expect(items[0]).toMatchObject({ actor: expect.stringContaining(person.email) });
    expect((await client.audit.verify({ params: { org } })).intact).toBe(true);
  }
});

test('thirty organizations are made at once', async () => {
  const people = await Promise.all(Array.from({ length: 30 }, () => enclave.signUp()));
  expect(new Set(people.map(({ org }) => org)).size).toBe(30);
  const fresh = await Promise.all(people.map(({ client }) => client.auth.me()));
  expect(fresh.every(({ organizations }) => organizations.length === 1)).toBe(true);
});
