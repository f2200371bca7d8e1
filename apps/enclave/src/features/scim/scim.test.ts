import { existsSync, readFileSync } from 'node:fs';
import type { OrgId, Provisioning, Role, UserId } from '@privexbot/contract';
import { type InBot, join, publishBot } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { createStorage, type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NameServer } from '../../providers/dns/name-server.fixture.ts';
import { createSignInLink } from '../auth/index.ts';
import { changeUser } from '../auth/store.ts';
import { changeMembership, deleteMembership, findAccess, findMembership } from '../organizations/index.ts';
import { setState } from '../organizations/states.ts';
import { type Answer, type Body, connectDirectory, type Directory, startNames } from './directory.fixture.ts';
import type { Method } from './log.ts';
import { GROUP, USER } from './schemas.ts';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const WITHIN_MS = 5_000;

let names: NameServer;
let model: ModelServer;
let enclave: Enclave;
beforeAll(async () => {
  names = await startNames();
  model = await startModelServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_MODEL_URL: model.url } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

const connect = (...options: Parameters<typeof connectDirectory> extends [unknown, unknown, ...infer R] ? R : never) =>
  connectDirectory(enclave, names, ...options);
const person = ({ domain }: Directory, name: string, more: object = {}) => ({ schemas: [USER], userName: `${name}@${domain}`, ...more });
const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations });
const setActive = (active: unknown) => patch({ op: 'Replace', path: 'active', value: active });
const idOf = ({ body }: Answer) => body.id as UserId;

async function stateOf({ admin }: Directory, user: UserId): Promise<{ role: Role; state: string } | undefined> {
  const { db, keyring } = enclave.context;
  return db.transaction(admin.org, 'test', (tx) => findMembership(keyring, tx, admin.org, user));
}

async function actions({ admin }: Directory, action: string) {
  return (await admin.client.audit.list({ params: { org: admin.org }, query: { action } })).items;
}

interface Step {
  readonly what: string;
  readonly method: Method;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly status: number;
  readonly expect?: Body;
  readonly absent?: string[];
  readonly save?: Record<string, string>;
}
const { sequences } = JSON.parse(readFileSync(new URL('../../../../../vectors/scim/sequences.json', import.meta.url), 'utf8')) as {
  sequences: { name: string; source: string; steps: Step[] }[];
};

function pointer(body: unknown, path: string): unknown {
  return path
    .slice(1)
    .split('/')
    .reduce((value, name) => (value as Body | undefined)?.[name], body as unknown);
}

test.each(sequences)('$name ($source)', async ({ steps }) => {
  const directory = await connect();
  const saved: Record<string, string> = { domain: directory.domain };
  const fill = <T>(value: T): T =>
    value === undefined
      ? value
      : (JSON.parse(
          JSON.stringify(value).replace(/\{\{(\w+)\}\}/g, (_, name: string) => JSON.stringify(saved[name] ?? '').slice(1, -1)),
        ) as T);
  for (const { what, method, path, headers, body, status, expect: part, absent, save } of steps) {
    const answer = await directory.ask(method, fill(path), fill(body), fill(headers));
    expect({ what, status: answer.status, ...(answer.status === status ? {} : answer.body) }).toEqual({ what, status });
    expect(answer.headers.get('content-type'), what).toContain('application/scim+json');
    if (part) expect(answer.body, what).toMatchObject(fill(part));
    for (const one of absent ?? []) expect(pointer(answer.body, one), `${what}: ${one}`).toBeUndefined();
    for (const [name, at] of Object.entries(save ?? {})) saved[name] = String(pointer(answer.body, at));
  }
});

const okta = new URL('../../../../../../shared/identity-vectors/scim-okta/Okta-SCIM-20-CRUD-Test.json', import.meta.url);

describe.skipIf(!existsSync(okta))("Okta's own test of a SCIM server", () => {
  interface OktaStep {
    readonly step_type: string;
    readonly method: Method;
    readonly url?: string;
    readonly note: string;
    readonly variables?: { property: string; name: string | null }[];
    readonly assertions?: { source: string; comparison: string; property?: string; value: string | number }[];
  }

  test('every assertion on the server holds, with the requests that Okta makes of its steps', async () => {
    const { steps } = JSON.parse(readFileSync(okta, 'utf8')) as { steps: OktaStep[] };
    const directory = await connect();
    const user = {
      okta_user_email: `crud@${directory.domain}`,
      okta_user_firstname: 'Before',
      okta_user_firstname_update: 'After',
      okta_user_lastname: 'User',
    };
    const values: Record<string, string> = { ...user, SCIMUrl: '' };
    const fill = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
    const profile = (givenName: string, active = true) => ({
      schemas: [USER],
      userName: user.okta_user_email,
      name: { givenName, familyName: user.okta_user_lastname },
      emails: [{ primary: true, value: user.okta_user_email, type: 'work' }],
      active,
    });
    /** What Okta sends to the server where the step asks it to. */
    const sent: Record<string, () => Promise<Answer>> = {
      'Assign user to SCIM App': async () => {
        const found = await directory.ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${user.okta_user_email}"`)}`);
        return found.body.totalResults === 0
          ? directory.ask('POST', '/Users', profile(user.okta_user_firstname))
          : directory.ask('PUT', `/Users/${values.scim_id}`, profile(user.okta_user_firstname_update));
      },
      'Update user firstname': () => directory.ask('PUT', `/Users/${values.scim_id}`, profile(user.okta_user_firstname_update)),
      'Deactivate user in Okta': () =>
        directory.ask('PATCH', `/Users/${values.scim_id}`, patch({ op: 'replace', value: { active: false } })),
      'Removes an assignment for a user in Okta': () =>
        directory.ask('PATCH', `/Users/${values.scim_id}`, patch({ op: 'replace', value: { active: false } })),
    };
    let asserted = 0;
    for (const { step_type, method, url = '', note, variables = [], assertions = [] } of steps) {
      if (step_type !== 'request') continue;
      if (!url.startsWith('{{SCIMUrl}}')) {
        expect((await sent[note]?.())?.status ?? 200).toBeLessThan(300);
        continue;
      }
      const answer = await directory.ask(method, fill(url).replace(/ /g, '%20'));
      const at = (property: string) => pointer(answer.body, `/${property.replace(/\[(\d+)\]/g, '/$1').replace(/\./g, '/')}`);
      for (const { source, property = '', value } of assertions) {
        const found = source === 'response_status' ? answer.status : at(property);
        expect(String(found), `${note}: ${property}`).toBe(fill(String(value)));
        asserted++;
      }
      for (const { property, name } of variables) if (name) values[name] = String(at(property));
    }
    expect(asserted).toBeGreaterThan(10);
  });
});

test('whoever the directory deactivates is out within five seconds: session, keys, and the answer that is under way', async () => {
  const directory = await connect();
  const { admin, domain } = directory;
  const { params } = await publishBot(admin, { model: 'machine' });
  const colleague = await joinAt(admin, `colleague@${domain}`, 'tier3');
  const made = await directory.ask('POST', '/Users', person(directory, 'colleague'));
  expect(made).toMatchObject({ status: 201, body: { id: colleague.user, active: true } });
  const { key } = await colleague.client.apiKeys.create({ params: admin, body: { name: 'k' } });
  const program = enclave.client(key);
  expect((await program.organizations.get({ params: admin })).id).toBe(admin.org);

  model.behaviour = 'falls silent';
  let started = 0;
  let last: unknown;
  for await (const event of await colleague.client.bots.ask({ params: params as InBot, body: { question: 'Well?' } })) {
    last = event;
    if (event.type !== 'text' || started) continue;
    started = performance.now();
    expect((await directory.ask('PATCH', `/Users/${colleague.user}`, setActive('False'))).body.active).toBe(false);
  }
  expect(performance.now() - started).toBeLessThan(WITHIN_MS);
  expect(last).toMatchObject({ type: 'failed', code: 'not_signed_in' });
  await expect(colleague.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(program.organizations.get({ params: admin })).rejects.toMatchObject({ code: 'not_signed_in' });
  await enclave.client().auth.signIn({ body: colleague });
  expect(await stateOf(directory, colleague.user)).toMatchObject({ state: 'suspended' });
  expect((await actions(directory, 'member.suspended'))[0]).toMatchObject({ target: colleague.user, facts: { by: 'scim' } });

  // Back again: the role as before, but none of the keys.
  expect((await directory.ask('PATCH', `/Users/${colleague.user}`, setActive('True'))).body.active).toBe(true);
  expect(await stateOf(directory, colleague.user)).toMatchObject({ state: 'active', role: 'tier3' });
  await expect(program.organizations.get({ params: admin })).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a person whom the directory removes is no member, and comes back when it is sent again', async () => {
  const directory = await connect();
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'gone', { externalId: 'g' })));
  expect(await stateOf(directory, id)).toMatchObject({ role: 'tier4', state: 'active' });
  expect((await directory.ask('DELETE', `/Users/${id}`)).status).toBe(204);
  expect(await stateOf(directory, id)).toBeUndefined();
  for (const path of [`/Users/${id}`, `/Users?filter=externalId%20eq%20%22g%22`, `/Users?filter=id%20eq%20%22${id}%22`]) {
    const { status, body } = await directory.ask('GET', path);
    expect(status === 404 || body.totalResults === 0, path).toBe(true);
  }
  expect((await directory.ask('DELETE', `/Users/${id}`)).status).toBe(404);
  expect(await directory.ask('POST', '/Users', person(directory, 'gone'))).toMatchObject({ status: 201, body: { id } });
  expect(await stateOf(directory, id)).toMatchObject({ role: 'tier4', state: 'active' });
});

test('groups become roles by the map of the connection, and Admins only where an Admin allowed it', async () => {
  const groups = [
    { group: 'Builders', role: 'tier1', workspaces: [] },
    { group: 'Readers', role: 'tier3', workspaces: [] },
    { group: 'Bosses', role: 'admin', workspaces: [] },
  ] satisfies Provisioning['groups'];
  for (const admins of [false, true]) {
    const directory = await connect({ role: 'tier4', admins, groups });
    const id = idOf(await directory.ask('POST', '/Users', person(directory, 'someone')));
    const make = async (displayName: string) =>
      idOf(await directory.ask('POST', '/Groups', { schemas: [GROUP], displayName, members: [{ value: id }] }));
    const role = async () => (await stateOf(directory, id))?.role;
    const readers = await make('Readers');
    expect(await role()).toBe('tier3');
    const builders = await make('Builders');
    expect(await role()).toBe('tier1');
    expect(
      (await directory.ask('PATCH', `/Groups/${builders}`, patch({ op: 'replace', path: 'displayName', value: 'Nobody special' }))).status,
    ).toBe(200);
    expect(await role()).toBe('tier3');
    await make('Bosses');
    expect(await role()).toBe(admins ? 'admin' : 'tier3');
    await directory.ask('PATCH', `/Groups/${readers}`, patch({ op: 'remove', path: 'members', value: [{ value: id }] }));
    expect(await role()).toBe(admins ? 'admin' : 'tier4');
    const [change] = await actions(directory, 'member.role_changed');
    expect(change?.facts).not.toHaveProperty('group');
  }
});

test('when the map of a connection changes, groups that the directory sent follow it, and whoever had a role before keeps that', async () => {
  const rule = (group: string, role: Role) => ({ group, role, workspaces: [] });
  const directory = await connect({ role: 'tier4', groups: [rule('Readers', 'tier3')] });
  const { admin, connection, domain } = directory;
  const known = await joinAt(admin, `known@${domain}`, 'tier1');
  await directory.ask('POST', '/Users', person(directory, 'known'));
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'someone')));
  await directory.ask('POST', '/Groups', { schemas: [GROUP], displayName: 'Readers', members: [{ value: id }] });
  const roles = async () => [(await stateOf(directory, id))?.role, (await stateOf(directory, known.user))?.role];
  const give = (provisioning: object) => admin.client.sso.change({ params: { org: admin.org, connection }, body: { provisioning } });
  expect(await roles()).toEqual(['tier3', 'tier1']);
  await give({ role: 'tier4', groups: [rule('Readers', 'tier2')] });
  expect(await roles()).toEqual(['tier2', 'tier1']);
  await give({ role: 'tier3', groups: [] });
  expect(await roles()).toEqual(['tier3', 'tier1']);
  expect((await directory.ask('GET', '/Groups')).body.totalResults).toBe(1);
});

test('the last Admin is neither removed nor deactivated by a directory', async () => {
  const directory = await connect();
  const { admin, domain } = directory;
  const boss = await joinAt(admin, `boss@${domain}`, 'admin');
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'boss')));
  expect(id).toBe(boss.user);
  await changeRoleTo(admin.org, admin.user, 'tier1');
  for (const [method, body] of [
    ['PATCH', setActive(false)],
    ['DELETE', undefined],
    ['PUT', person(directory, 'boss', { active: false })],
  ] as const)
    expect(await directory.ask(method, `/Users/${id}`, body)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('last Admin') },
    });
  expect(await stateOf(directory, id)).toMatchObject({ role: 'admin', state: 'active' });
  await changeRoleTo(admin.org, admin.user, 'admin');
  expect((await directory.ask('PATCH', `/Users/${id}`, setActive(false))).status).toBe(200);
});

test('what an Admin suspended, a directory does not let in again', async () => {
  const directory = await connect();
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'bad')));
  const { db, keyring } = enclave.context;
  await db.transaction(directory.admin.org, 'test', async (tx) => {
    await tx.lock('memberships');
    const membership = await findMembership(keyring, tx, directory.admin.org, id);
    if (membership) await changeMembership(keyring, tx, membership, { state: 'suspended', suspendedBy: 'admin' });
  });
  expect((await directory.ask('PATCH', `/Users/${id}`, setActive(true))).body.active).toBe(false);
});

test("a directory reaches nobody of another organization, nor another directory's people", async () => {
  const [ours, theirs] = [await connect(), await connect()];
  const id = idOf(await theirs.ask('POST', '/Users', person(theirs, 'them')));
  const group = idOf(await theirs.ask('POST', '/Groups', { schemas: [GROUP], displayName: 'Theirs' }));
  for (const path of [`/Users/${id}`, `/Groups/${group}`])
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { schemas: [USER], userName: `x@${ours.domain}`, displayName: 'x' }],
      ['PATCH', patch({ op: 'replace', path: 'displayName', value: 'x' })],
      ['DELETE', undefined],
    ] as const)
      expect((await ours.ask(method, path, body)).status, `${method} ${path}`).toBe(404);
  expect(await ours.ask('POST', '/Groups', { schemas: [GROUP], displayName: 'g', members: [{ value: id }] })).toMatchObject({
    status: 400,
  });
  expect((await ours.ask('GET', '/Users')).body.totalResults).toBe(0);
  // Somebody of ours who signed up elsewhere, at an address of our domain, before we asked for it.
  const stranger = await enclave.signUp({ email: `early@${ours.domain}` });
  expect(await ours.ask('POST', '/Users', person(ours, 'early'))).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  expect((await stranger.client.auth.me()).organizations).toHaveLength(1);
  // Once they are invited, and so known to be meant, and the address is shown to be theirs, the directory may bring them.
  await ours.admin.client.organizations.invite({ params: ours.admin, body: { email: stranger.email, role: 'tier2' } });
  expect((await ours.ask('POST', '/Users', person(ours, 'early'))).status).toBe(409);
  const { db, keyring } = enclave.context;
  await db.transaction('environment', 'test', (tx) => changeUser(keyring, tx, stranger.user, () => ({ emailVerified: true })));
  expect(await ours.ask('POST', '/Users', person(ours, 'early'))).toMatchObject({ status: 201, body: { id: stranger.user } });
  expect((await stranger.client.auth.me()).organizations).toHaveLength(2);
  expect((await ours.admin.client.organizations.invitations({ params: ours.admin })).length).toBe(0);
});

test('a member who took a colleague’s address is not taken for the colleague, whose groups would make it more', async () => {
  const directory = await connect({ role: 'tier4', groups: [{ group: 'Builders', role: 'tier1', workspaces: [] }] });
  const member = await joinAt(directory.admin, `plain@${directory.domain}`, 'tier4');
  await member.client.credentials.changeEmail({ body: { email: `chief@${directory.domain}` } });
  const made = await directory.ask('POST', '/Users', person(directory, 'chief'));
  expect(made).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  const group = { schemas: [GROUP], displayName: 'Builders', members: [{ value: member.user }] };
  expect((await directory.ask('POST', '/Groups', group)).status).toBe(400);
  expect(await stateOf(directory, member.user)).toMatchObject({ role: 'tier4', source: 'manual' });
});

test('two who are sent at once become one', async () => {
  const directory = await connect();
  const answers = await Promise.all(Array.from({ length: 6 }, () => directory.ask('POST', '/Users', person(directory, 'twin'))));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  expect((await directory.ask('GET', '/Users')).body.totalResults).toBe(1);
});

test('the account that a directory made follows it; one that was there before keeps its name and address', async () => {
  const directory = await connect();
  const { admin, domain } = directory;
  const made = idOf(await directory.ask('POST', '/Users', person(directory, 'made', { displayName: 'Before' })));
  const known = await joinAt(admin, `known@${domain}`, 'tier2');
  await directory.ask('POST', '/Users', person(directory, 'known', { displayName: 'From the directory' }));
  const move = (id: string) =>
    directory.ask(
      'PATCH',
      `/Users/${id}`,
      patch({ op: 'replace', value: { displayName: 'After', emails: [{ value: `moved-${id.slice(-6)}@${domain}`, primary: true }] } }),
    );
  expect((await move(made)).status).toBe(200);
  expect((await move(known.user)).status).toBe(200);
  const { items } = await admin.client.members.list({ params: { org: admin.org }, query: { limit: 100 } });
  expect(items.find(({ user }) => user === made)).toMatchObject({ name: 'After', email: `moved-${made.slice(-6)}@${domain}` });
  expect(items.find(({ user }) => user === known.user)).toMatchObject({ email: `known@${domain}` });
  // An address of somebody else is not taken over.
  expect(
    await directory.ask(
      'PATCH',
      `/Users/${made}`,
      patch({ op: 'replace', path: 'emails', value: [{ value: known.email, primary: true }] }),
    ),
  ).toMatchObject({ status: 409 });
});

test('somebody who moved the account to another address is not moved back by the directory that made it', async () => {
  const directory = await connect();
  const { domain } = directory;
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'mover')));
  const { context } = enclave;
  const link = await createSignInLink(context.db, `mover@${domain}`, 'http://127.0.0.1', context.now());
  const client = enclave.client();
  await client.auth.signInByLink({ body: { token: link?.split('#')[1] ?? '' } });
  const home = `home-${id.slice(-6)}@example.com`;
  await client.credentials.changeEmail({ body: { email: home } });
  const emails = [{ value: `mailbox-of-an-admin@${domain}`, primary: true }];
  expect((await directory.ask('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'emails', value: emails }))).status).toBe(200);
  expect((await client.auth.me()).email).toBe(home);
});

test('only the token of a connection that is there opens anything, for as long as it is there', async () => {
  const directory = await connect({}, { expiresInDays: 30 });
  const { admin, connection, token } = directory;
  const params = { org: admin.org, connection };
  const wrong = [
    undefined,
    'x',
    token.slice(0, -1),
    `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)}`,
    token.replace('pxs_', 'pxb_'),
    (await admin.client.apiKeys.create({ params: admin, body: { name: 'k' } })).key,
  ];
  for (const one of wrong) {
    const answer = await directory.askWith(enclave.bareTransport(enclave.openChannel(), one), 'GET', '/Users');
    expect(answer).toMatchObject({ status: 401, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }
  // The token of a directory is no API key.
  await expect(enclave.client(token).organizations.get({ params: admin })).rejects.toMatchObject({ code: 'not_signed_in' });

  const status = await admin.client.scim.get({ params });
  expect(status).toMatchObject({
    address: expect.stringMatching(/\/scim\/v2$/),
    people: 0,
    groups: 0,
    tokens: [{ name: 'Directory', ending: token.slice(-4) }],
  });
  expect(JSON.stringify(status)).not.toContain(token);
  enclave.advance(31 * 24 * 60 * 60_000);
  expect((await directory.ask('GET', '/Users')).status).toBe(401);
  enclave.advance(-31 * 24 * 60 * 60_000);
  expect((await directory.ask('GET', '/Users')).status).toBe(200);
  const [first] = status.tokens;
  if (first) await admin.client.scim.revokeToken({ params: { ...params, token: first.id } });
  expect((await directory.ask('GET', '/Users')).status).toBe(401);
  expect((await actions(directory, 'scim.token_revoked')).length).toBe(1);
});

test('of a connection that is removed nothing is left: its tokens, its log, and what it said of people', async () => {
  const directory = await connect();
  const { admin, connection } = directory;
  const stays = await connect();
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'stays')));
  await stays.ask('POST', '/Users', person(stays, 'x'));
  const left = async (of: string) => {
    const counts = ['scim_tokens', 'scim_users', 'scim_log'].map((table) =>
      enclave.forge<{ rows: number }>(`select count(*)::int as rows from ${table} where connection_id = $1`, [of]),
    );
    return (await Promise.all(counts)).map(([row]) => row?.rows);
  };
  expect(await left(connection)).toEqual([1, 1, 1]);
  await admin.client.sso.remove({ params: { org: admin.org, connection } });
  expect(await left(connection)).toEqual([0, 0, 0]);
  expect(await left(stays.connection)).toEqual([1, 1, 1]);
  expect((await directory.ask('GET', '/Users')).status).toBe(401);
  // The person stays, kept by hand from then on; the audit log and what is protected against rollback are whole.
  expect(await stateOf(directory, id)).toMatchObject({ state: 'active', source: 'manual' });
  const again = await admin.client.sso.create({
    params: { org: admin.org },
    body: { kind: 'oidc', name: 'Next', settings: { issuer: 'https://idp.invalid', clientId: 'x' } },
  });
  await admin.client.scim.createToken({ params: { org: admin.org, connection: again.id }, body: { name: 'Next' } });
  expect((await admin.client.audit.verify({ params: admin })).intact).toBe(true);
});

test('after a connection was removed, and the server started again, directories go on', async () => {
  await using storage = await createStorage();
  const start = () => startEnclave({ storage, settings: { PRIVEXBOT_DNS: names.address } });
  const kept = await start().then(async (first) => {
    await using server = first;
    const gone = await connectDirectory(server, names);
    await gone.ask('POST', '/Users', person(gone, 'gone'));
    await gone.admin.client.sso.remove({ params: { org: gone.admin.org, connection: gone.connection } });
    return gone.admin;
  });
  await using second = await start();
  const client = second.client();
  await client.auth.signIn({ body: kept });
  const settings = { issuer: 'https://idp.invalid', clientId: 'x' };
  const { id } = await client.sso.create({ params: { org: kept.org }, body: { kind: 'oidc', name: 'Next', settings } });
  const { token } = await client.scim.createToken({ params: { org: kept.org, connection: id }, body: { name: 'Next' } });
  const ask = second.bareTransport(second.openChannel(), token);
  expect((await ask(new Request('http://127.0.0.1/scim/v2/Users'))).status).toBe(200);
});

test('nothing is taken for an organization that is suspended', async () => {
  const directory = await connect();
  const { db, keyring } = enclave.context;
  const set = (state: 'active' | 'suspended') =>
    db.transaction(directory.admin.org, 'test', (tx) => setState(keyring, tx, directory.admin.org, { state, endsAt: undefined }));
  await set('suspended');
  expect((await directory.ask('POST', '/Users', person(directory, 'late'))).status).toBe(403);
  await set('active');
  expect((await directory.ask('POST', '/Users', person(directory, 'late'))).status).toBe(201);
});

test('groups get their places in workspaces by the map, and lose them with it; what an Admin set stays', async () => {
  const directory = await connect();
  const { admin, connection } = directory;
  const second = await admin.client.organizations.createWorkspace({ params: { org: admin.org }, body: { name: 'Second' } });
  const give = (name: string, role: Role) =>
    admin.client.sso.change({
      params: { org: admin.org, connection },
      body: { provisioning: { groups: [{ group: name, workspaces: [{ workspace: second.id, role }] }] } },
    });
  const entries = async () => {
    const { db, keyring } = enclave.context;
    const access = await db.transaction(admin.org, 'test', (tx) => findAccess(keyring, tx, admin.org, [second.id]));
    return access.get(second.id)?.entries.map(({ id, role }) => `${id} ${role}`);
  };
  const group = idOf(await directory.ask('POST', '/Groups', { schemas: [GROUP], displayName: 'Builders' }));
  expect(await entries()).toEqual([]);
  await give('Builders', 'tier2');
  expect(await entries()).toEqual([`${group} tier2`]);
  await give('Builders', 'tier3');
  expect(await entries()).toEqual([`${group} tier3`]);
  const rename = (name: string) => directory.ask('PATCH', `/Groups/${group}`, patch({ op: 'replace', path: 'displayName', value: name }));
  await rename('Others');
  expect(await entries()).toEqual([]);
  await rename('Builders');
  expect(await entries()).toEqual([`${group} tier3`]);
  await directory.ask('DELETE', `/Groups/${group}`);
  expect(await entries()).toEqual([]);
  const again = idOf(await directory.ask('POST', '/Groups', { schemas: [GROUP], displayName: 'Builders' }));
  expect(await entries()).toEqual([`${again} tier3`]);
});

test('in plain only a token that an Admin made for it works; one that may only read sends nothing', async () => {
  const sealed = await connect();
  expect(await sealed.askWith(enclave.bareTransport(undefined, sealed.token), 'GET', '/Users')).toMatchObject({ status: 403 });
  expect((await actions(sealed, 'refused.sealed_only')).length).toBe(1);
  const plain = await connect({}, { plain: true });
  expect((await plain.askWith(enclave.bareTransport(undefined, plain.token), 'GET', '/Users')).status).toBe(200);
  const reading = await connect({}, { readOnly: true });
  expect((await reading.ask('GET', '/Users')).status).toBe(200);
  for (const [method, path, body] of [
    ['POST', '/Users', person(reading, 'a')],
    ['PATCH', '/Users/usr_01jd0000000000000000000000', setActive(false)],
    ['DELETE', '/Groups/grp_01jd0000000000000000000000', undefined],
  ] as const)
    expect((await reading.ask(method, path, body)).status).toBe(403);
});

test('hostile bodies and addresses are refused in the words of the protocol', async () => {
  const directory = await connect();
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'target')));
  const or = encodeURIComponent(Array(10_000).fill('title pr').join(' or '));
  for (const [method, path, body, status, scimType] of [
    ['GET', `/Users?filter=${or}`, undefined, 400, 'tooMany'],
    ['POST', '/Users', '{"userName":', 400, 'invalidSyntax'],
    ['POST', '/Users', '[]', 400, 'invalidSyntax'],
    ['POST', '/Users', JSON.stringify({ userName: 'x'.repeat(1_100_000) }), 413, undefined],
    ['POST', '/Users', person(directory, 'long', { displayName: 'x'.repeat(500_000) }), 400, 'invalidValue'],
    ['POST', '/Users', person(directory, 'nul', { displayName: 'a\0b' }), 400, 'invalidValue'],
    ['POST', '/Users', person(directory, 'bidi', { displayName: 'a\u202eb' }), 400, 'invalidValue'],
    ['POST', '/Users', { schemas: [USER], userName: `"a b"@${directory.domain}` }, 400, 'invalidValue'],
    ['POST', '/Users', { schemas: [USER], userName: `a@${directory.domain}@elsewhere.test` }, 400, 'invalidValue'],
    ['PATCH', `/Users/${id}`, patch(...Array(1_001).fill({ op: 'remove', path: 'title' })), 400, 'tooMany'],
    ['GET', '/Users/..%2f..%2fetc', undefined, 404, undefined],
    ['GET', '/Users/%ff', undefined, 404, undefined],
    ['GET', `/Users/${id}' or 1=1`, undefined, 404, undefined],
  ] as const) {
    const answer = await directory.ask(method, path, body);
    expect(answer, `${method} ${path.slice(0, 60)}`).toMatchObject({ status, body: { status: String(status) } });
    expect(answer.body.scimType).toBe(scimType);
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.ts|select |elsewhere\.test/);
  }
  const polluting = `{"schemas":["${USER}"],"userName":"proto@${directory.domain}","__proto__":{"active":false},"name":{"__proto__":{"givenName":"x"}}}`;
  expect(await directory.ask('POST', '/Users', polluting)).toMatchObject({ status: 201, body: { active: true } });
});

test('rows of directories that were changed from outside are refused', async () => {
  const directory = await connect();
  const { admin, connection } = directory;
  const [one, two] = [
    idOf(await directory.ask('POST', '/Users', person(directory, 'one'))),
    idOf(await directory.ask('POST', '/Users', person(directory, 'two'))),
  ];
  await enclave.forge('update scim_users set user_id = $1 where user_id = $2 and connection_id = $3', [admin.user, one, connection]);
  expect((await directory.ask('GET', `/Users/${admin.user}`)).status).toBe(500);
  expect((await directory.ask('PATCH', `/Users/${admin.user}`, setActive(false))).status).toBe(500);
  await enclave.forge('update scim_users set user_id = $2 where user_id = $1 and connection_id = $3', [admin.user, one, connection]);
  const [kept] = await enclave.forge('select * from scim_users where user_id = $1', [two]);
  await directory.ask('DELETE', `/Users/${two}`);
  await enclave.forge('update scim_users set removed = false, name_index = $2, version = $3, sealed = $4 where user_id = $1', [
    two,
    kept?.name_index,
    kept?.version,
    kept?.sealed,
  ]);
  expect((await directory.ask('PATCH', `/Users/${two}`, setActive(true))).status).toBe(500);

  const other = await connect();
  await enclave.forge('update scim_tokens set connection_id = $1 where connection_id = $2', [connection, other.connection]);
  expect((await other.ask('GET', '/Users')).status).toBe(500);
});

test('the log of a connection says what came and what was refused, for Admins only', async () => {
  const directory = await connect();
  const { admin, connection } = directory;
  const params = { org: admin.org, connection };
  const id = idOf(await directory.ask('POST', '/Users', person(directory, 'logged')));
  await directory.ask('POST', '/Users', person(directory, 'logged'));
  await directory.ask('PATCH', `/Users/${id}`, setActive(false));
  expect(await admin.client.scim.log({ params })).toMatchObject([
    { method: 'PATCH', type: 'User', status: 200, target: id },
    { method: 'POST', status: 409, label: `logged@${directory.domain}`, problem: expect.stringContaining('userName') },
    { method: 'POST', status: 201, target: id, label: `logged@${directory.domain}` },
  ]);
  const tier1 = await join(enclave, admin, 'tier1');
  for (const call of [
    tier1.client.scim.log({ params }),
    tier1.client.scim.get({ params }),
    tier1.client.scim.createToken({ params, body: { name: 'x' } }),
  ])
    await expect(call).rejects.toMatchObject({ code: 'not_allowed' });
  const elsewhere = await enclave.signUp();
  await expect(elsewhere.client.scim.get({ params: { org: elsewhere.org, connection } })).rejects.toMatchObject({ code: 'not_found' });
  const facts = JSON.stringify([
    await actions(directory, 'scim.refused'),
    await actions(directory, 'member.joined'),
    await actions(directory, 'scim.user_changed'),
  ]);
  expect(facts).not.toContain('logged');
});

/** A colleague at that address, who came by invitation. */
async function joinAt(admin: Person, email: string, role: Role): Promise<Person> {
  const { link } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role } });
  return { ...(await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' })), org: admin.org, workspace: admin.workspace };
}

async function changeRoleTo(org: OrgId, user: UserId, role: Role): Promise<void> {
  const { changeRole } = await import('../auth/change-role.fixture.ts');
  await changeRole(enclave.context, { user, org }, role);
}

test('an account that was deleted here gives its name free', async () => {
  const directory = await connect();
  const first = idOf(await directory.ask('POST', '/Users', person(directory, 'again')));
  const { db } = enclave.context;
  await db.transaction('environment', 'test', async (tx) => {
    await tx.record('users', first, null);
    await tx.lock('memberships', directory.admin.org);
    const membership = await findMembership(db.keyring, tx, directory.admin.org, first);
    if (membership) await deleteMembership(tx, membership);
    await tx.sql.deleteFrom('users').where('id', '=', first).execute();
  });
  expect((await directory.ask('GET', `/Users/${first}`)).body.active).toBe(false);
  const second = await directory.ask('POST', '/Users', person(directory, 'again'));
  expect(second.status).toBe(201);
  expect(idOf(second)).not.toBe(first);
  expect((await directory.ask('GET', `/Users/${first}`)).status).toBe(404);
});
