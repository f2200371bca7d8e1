// Every endpoint of the contract on the real app: mounted, closed to strangers, open to the roles of the permission table and to
// nobody else, and blind to another organization's ids wherever one can be put.
import { type Endpoint, FRESH_MS, hasPermission, type Permission, ROLES } from '@privexbot/contract';
import type { Enclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  buildPeople,
  CHANGES_ALL,
  CONSTANTS,
  ENDPOINTS,
  idOf,
  nowhere,
  openWorlds,
  requestOf,
  type Things,
  type World,
} from './contract-walk.fixture.ts';

let enclave: Enclave;
let own: World;
let other: World;
let cases = 0;
beforeAll(async () => {
  ({ enclave, own, other } = await openWorlds());
});
afterAll(async () => {
  console.log(`contract walk: ${ENDPOINTS.length} endpoints, ${cases} cases`);
  await enclave[Symbol.asyncDispose]();
  expect(cases).toBeGreaterThan(ENDPOINTS.length);
});

const inOrganization = ENDPOINTS.filter(([, { access }]) => access !== 'public' && access !== 'account');
const pathOfOrganization = inOrganization.filter(([, { path }]) => path.includes('/:org'));
/** Endpoints whose caller is known by API key alone. */
const byKey = inOrganization.filter(([, { path }]) => !path.includes('/:org'));

type Caller = (request: Request) => Promise<Response>;

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
}

async function call(caller: Caller, request: Request): Promise<Answer> {
  cases++;
  enclave.advance(1_000); // so that no allowance is used up
  const response = await caller(request);
  const text = await response.text();
  // Only an endpoint of the contract numbers its answers.
  expect(response.headers.get('x-request-id'), `${request.method} ${request.url} is mounted`).toMatch(/^[0-9a-f]{16}$/);
  const code = response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
  return { status: response.status, code };
}

function keyOf({ things }: World): Caller {
  return enclave.transport(things.apiKey);
}

async function entries(realm: string): Promise<number> {
  const [row] = await enclave.forge<{ count: string }>('select count(*) from audit_entries where org_id = $1', [realm]);
  return Number(row?.count);
}

/** Refused as if there were nothing, and written down in the realm. */
async function expectHidden(caller: Caller, request: Request, realm: string, code = 'not_found'): Promise<void> {
  const before = await entries(realm);
  expect(await call(caller, request), `${request.method} ${request.url}`).toMatchObject({ code });
  expect(await entries(realm), `${request.method} ${request.url} leaves an entry`).toBeGreaterThan(before);
}

test.each(ENDPOINTS)('%s is mounted, and closed without sign-in unless it is public', async (...named) => {
  const answer = await call(enclave.transport(), requestOf(named, own.things, { headers: {} }));
  if (named[1].access === 'public') expect(answer.code).not.toBe('not_signed_in');
  else expect(answer).toEqual({ status: 401, code: 'not_signed_in' });
});

test.each(inOrganization)('%s is open to exactly the roles that hold its permission', async (...named) => {
  const [name, endpoint] = named;
  const at = CHANGES_ALL.includes(name) ? await buildPeople(enclave) : own;
  for (const role of ROLES) {
    const person = at.people[role];
    const caller = endpoint.path.includes('/:org') ? person.transport : await keyFor(person);
    if (!caller) continue;
    const { code } = await call(caller, requestOf(named, nowhere(named, at.things)));
    if (hasPermission(role, endpoint.access as Permission)) expect(code, role).not.toBe('not_allowed');
    else expect(code, role).toBe('not_allowed');
    expect(code, role).not.toBe('not_signed_in');
  }
});

test.each(ENDPOINTS.filter(([, { access }]) => access === 'account'))('%s is for people, not for API keys', async (...named) => {
  expect(await call(keyOf(own), requestOf(named, own.things, { headers: {} }))).toEqual({ status: 401, code: 'not_signed_in' });
  const someone = await enclave.signUp();
  expect((await call(someone.transport, requestOf(named, own.things))).code).not.toBe('not_signed_in');
});

test.each(ENDPOINTS.filter(([, { fresh }]) => fresh))(
  '%s asks for a proof of the last minutes, and of keys what it says',
  async (...named) => {
    const [, { access, fresh }] = named;
    const person = await enclave.signUp();
    const things = nowhere(named, { ...own.things, org: person.org, workspace: person.workspace });
    const key = await keyFor(person);
    enclave.advance(FRESH_MS - 60_000);
    expect((await call(person.transport, requestOf(named, things))).code).not.toBe('step_up_required');
    enclave.advance(60_000);
    expect(await call(person.transport, requestOf(named, things))).toEqual({ status: 403, code: 'step_up_required' });
    if (!key || access === 'account') return;
    const { code } = await call(key, requestOf(named, things));
    if (fresh === 'person') expect(code).toBe('person_required');
    else expect(['step_up_required', 'person_required', 'key_scope']).not.toContain(code);
  },
);

test.each(pathOfOrganization)('%s hides the whole of another organization', async (...named) => {
  await expectHidden(own.admin.transport, requestOf(named, other.things), 'environment');
  await expectHidden(keyOf(own), requestOf(named, other.things), 'environment');
});

test.each(pathOfOrganization)("%s hides another organization's ids in the own path, each in turn", async (...named) => {
  const [name, { path }] = named;
  for (const [, parameter = ''] of path.matchAll(/:(\w+)/g)) {
    if (parameter === 'org' || CONSTANTS.includes(parameter)) continue;
    const foreign = { [parameter]: idOf(name, parameter, other.things) };
    await expectHidden(own.admin.transport, requestOf(named, own.things, { path: foreign }), own.admin.org);
    await expectHidden(keyOf(own), requestOf(named, own.things, { path: foreign }), own.admin.org);
  }
});

test.each(pathOfOrganization.filter(([, { path }]) => /:workspace\/.*:/.test(path)))(
  '%s hides what another workspace of the own organization has',
  async (...named) => {
    const elsewhere = { workspace: own.things.secondWorkspace ?? '' };
    await expectHidden(own.admin.transport, requestOf(named, own.things, { path: elsewhere }), own.admin.org);
  },
);

const FOREIGN_BODIES: [string, (theirs: Things) => { body?: object; query?: string }, string?][] = [
  ['bots.create', ({ knowledge }) => ({ body: { knowledgeBases: [knowledge] } })],
  ['bots.create', ({ model }) => ({ body: { model } }), 'unknown_model'],
  ['bots.change', ({ knowledge }) => ({ body: { settings: { name: 'Help', knowledgeBases: [knowledge] } } })],
  ['bots.change', ({ model }) => ({ body: { settings: { name: 'Help', model } } }), 'unknown_model'],
  ['bots.ask', ({ conversation }) => ({ body: { conversation, parent: undefined } })],
  ['bots.ask', ({ turn }) => ({ body: { parent: turn } })],
  ['bots.version', ({ version }) => ({ query: `?against=${version}` })],
  ['knowledge.add', ({ upload }) => ({ body: { source: 'upload', upload } })],
  ['groups.addMembers', ({ member }) => ({ body: { users: [member] } })],
  ['organizations.setWorkspaceAccess', ({ member }) => ({ body: { entries: [{ kind: 'user', id: member, role: 'tier3' }] } })],
  ['organizations.setWorkspaceAccess', ({ group }) => ({ body: { entries: [{ kind: 'group', id: group, role: 'tier3' }] } })],
  ['organizations.transfer', ({ member }) => ({ body: { member } })],
  ['models.add', ({ upload }) => ({ body: { provider: 'llama', name: 'x', upload } })],
];
test.each(FOREIGN_BODIES)("%s hides another organization's ids outside the path (%#)", async (name, foreign, code) => {
  await expectHidden(own.admin.transport, requestOf(find(name), own.things, foreign(other.things)), own.admin.org, code);
});

test.each(byKey)('%s works in the organization of its key and hides any other', async (...named) => {
  const [name] = named;
  expect((await call(keyOf(own), requestOf(named, own.things))).status).toBe(200);
  if (name === 'openai.model' || name === 'openai.chat') await expectHidden(keyOf(own), requestOf(named, other.things), own.admin.org);
});

test("nobody ends another person's session", async () => {
  await expectHidden(own.admin.transport, requestOf(find('auth.endSession'), other.things), 'environment');
});

test.each(ENDPOINTS.filter(([, { path }]) => path.startsWith('/v1/public/:slug/conversations/:')))(
  "%s hides conversations from visitors without their token, and another bot's from those with one",
  async (...named) => {
    const visitor = enclave.transport();
    const hidden = [
      requestOf(named, own.things, { headers: {} }),
      requestOf(named, own.things, { headers: { authorization: other.things.visitor ?? '' } }),
      requestOf(named, own.things, { path: { slug: other.things.slug ?? '' } }),
      requestOf(named, own.things, { path: { conversation: other.things.visit ?? '' } }),
      requestOf(named, own.things, { path: { conversation: own.things.conversation ?? '' } }),
      ...(named[1].path.includes(':turn') ? [requestOf(named, own.things, { path: { turn: other.things.visitTurn ?? '' } })] : []),
      ...(named[0] === 'publicChat.ask' ? [requestOf(named, own.things, { body: { parent: other.things.visitTurn } })] : []),
    ];
    for (const request of hidden) expect((await call(visitor, request)).code).toBe('not_found');
  },
);

test.each(ENDPOINTS.filter(([, { path }]) => path.startsWith('/v1/set-up/:')))(
  '%s is for the device that opened the link, and for the connection and the domains of the link',
  async (...named) => {
    const closed = { status: 410, code: 'link_invalid' };
    for (const caller of [enclave.transport(), own.people.tier1.transport, keyOf(own)])
      expect([closed.code, 'device_required']).toContain((await call(caller, requestOf(named, own.things))).code);
    expect(await call(own.admin.transport, requestOf(named, other.things))).toEqual(closed);
    expect(await call(own.admin.transport, requestOf(named, nowhere(named, own.things)))).toEqual(closed);
    if (!named[1].path.includes(':domain')) return;
    const foreign = requestOf(named, own.things, { path: { domain: other.things.domain ?? '' } });
    expect(await call(own.admin.transport, foreign)).toEqual({ status: 404, code: 'not_found' });
  },
);

test('the other organization is as it was: all of it is there for its own Admin', async () => {
  const reads = ENDPOINTS.filter(([, { method, access }]) => method === 'GET' && access !== 'account');
  for (const named of reads) {
    const caller = byKey.some(([name]) => name === named[0]) ? keyOf(other) : other.admin.transport;
    const answer = await call(caller, requestOf(named, other.things));
    // A connection that is a draft is there for whoever sets it up, and for nobody who would sign in by it.
    if (named[0] === 'sso.describe') expect(answer).toMatchObject({ code: 'not_found' });
    else expect(answer, named[0]).toMatchObject({ status: 200 });
  }
  expect(reads.length).toBeGreaterThan(20);
});

test('what was refused is there for whoever may: with the own ids every call goes through', async () => {
  // Things are deleted last, and the smaller before what holds them.
  const order = ([, { method, path }]: [string, Endpoint]) => (method === 'DELETE' ? 100 - path.split('/').length : 0);
  const changes = inOrganization.filter(([, { method }]) => method !== 'GET').sort((a, b) => order(a) - order(b));
  for (const named of changes) {
    const caller = byKey.some(([name]) => name === named[0]) ? keyOf(own) : own.admin.transport;
    const { code } = await call(caller, requestOf(named, own.things));
    expect([undefined, ...(EXPECTED[named[0]] ?? [])], named[0]).toContain(code);
  }
  expect(changes.length).toBeGreaterThan(25);
});

/** Calls that reach their work and find a reason there. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'models.discover': ['model_unreachable', 'model_timeout'],
  'apiKeys.revokeAny': ['not_found'], // the same key was revoked by the call before
  'policies.set': ['conflict'], // set by the walk over the roles
  'usage.setSpending': ['conflict'], // the same
  'sso.test': ['directory_unreachable'],
  'sso.activate': ['test_first'],
  // It has no keys of ours.
  'sso.addKey': ['not_found'],
  'sso.switchKey': ['not_found'],
  'sso.removeKey': ['not_found'],
  'sso.sync': ['bad_request'], // it speaks OpenID Connect, and can't be asked
  'organizations.setWorkspaceAccess': ['conflict'], // an Admin's call before
  'organizations.revokeInvitation': ['not_found'], // it was sent again, as another one
  'organizations.leave': ['last_admin'],
  'organizations.transfer': ['not_found'],
  'organizations.delete': ['name_mismatch'],
  'members.create': ['address_taken'],
  'members.remove': ['not_found'], // the account was deleted
  'groups.create': ['group_exists'],
  'agencies.accept': ['link_invalid'],
  'bots.publish': ['conflict'], // the draft was changed by the call before
};

function find(name: string): [string, Endpoint] {
  const named = ENDPOINTS.find(([one]) => one === name);
  if (!named) throw new Error(`there is no ${name}`);
  return named;
}

const keys = new Map<string, Caller>();
/** Where a role may make no key there is no caller either. */
async function keyFor({ client, org, user }: Pick<World['admin'], 'client' | 'org' | 'user'>): Promise<Caller | undefined> {
  const made = keys.get(user);
  if (made) return made;
  const key = await client.apiKeys.create({ params: { org }, body: { name: 'role' } }).catch(() => undefined);
  const caller = key && enclave.transport(key.key);
  if (caller) keys.set(user, caller);
  return caller;
}
