// Sign-in by OpenID Connect, with a real provider on a loopback port, from the Admin's first draft to the end of the session.
import type { SsoConnection } from '@privexbot/contract';
import { type Client, createClient } from '@privexbot/sdk';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { type OidcProvider, startOidcProvider } from './oidc/oidc-provider.fixture.ts';

const SECRET = 'a-client-secret-9876';
let idp: OidcProvider;
let names: NameServer;
let enclave: Enclave;
let made = 0;
beforeAll(async () => {
  idp = await startOidcProvider();
  names = await startNameServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: idp.host } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
  await idp[Symbol.asyncDispose]();
});

interface Company {
  readonly admin: Person;
  readonly domain: string;
  readonly connection: SsoConnection;
  readonly params: { org: Person['org']; connection: SsoConnection['id'] };
}

let company: Company;
beforeEach(async () => {
  company = await openCompany();
});
afterEach(() => idp.instead.clear());

async function proveDomain({ client, org }: Person, name: string): Promise<void> {
  const { id, record } = await client.domains.add({ params: { org }, body: { name } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
}

/** An organization with a proven domain and a tested, active connection that makes accounts. */
async function openCompany({ activate = true, provisioning = {} as object } = {}): Promise<Company> {
  const admin = await enclave.signUp();
  const domain = `corp-${++made}.test`;
  await proveDomain(admin, domain);
  const connection = await admin.client.sso.create({
    params: { org: admin.org },
    body: {
      kind: 'oidc',
      name: 'Company directory',
      settings: { issuer: idp.issuer, clientId: 'privexbot', scopes: 'openid profile email groups', signOutThere: true },
      secrets: { clientSecret: SECRET },
      provisioning: { create: true, groups: [{ group: 'editors', role: 'tier2' }], ...provisioning },
    },
  });
  const params = { org: admin.org, connection: connection.id };
  const { callback, signedOut } = connection.addresses;
  idp.register({ id: 'privexbot', secret: SECRET, redirectUri: callback, postLogoutRedirectUri: signedOut });
  const opened = { admin, domain, connection, params };
  addAccount(opened, 'tester');
  if (activate) {
    await runTest(opened, 'tester');
    await admin.client.sso.activate({ params });
  }
  return opened;
}

function addAccount({ domain }: Pick<Company, 'domain'>, sub: string, claims: object = {}): string {
  const email = `${sub}@${domain}`;
  idp.accounts.set(sub, { email, name: `Name of ${sub}`, groups: [], ...claims });
  return email;
}

/** What the browser does at an address of ours: outside the channel. */
async function visit(url: string, init: RequestInit = {}): Promise<Response> {
  return enclave.bareTransport()(new Request(url, init));
}

/** From our address that the provider names, to the secret in the fragment of the page it leads to. */
async function bringBack(returnUrl: string): Promise<string> {
  const response = await visit(returnUrl);
  expect(response.status).toBe(303);
  const location = response.headers.get('location') ?? '';
  expect(location).toMatch(/^\/sign-in\/return(#[\w-]{43})?$/);
  return location.split('#')[1] ?? '';
}

async function runTest({ admin, params }: Company, sub: string) {
  const started = await admin.client.sso.test({ params, body: {} });
  if (!('url' in started)) throw new Error('no redirect');
  const challenge = await bringBack(await idp.signIn(started.url, sub));
  const result = await admin.client.sso.complete({ body: { challenge } });
  if (result.outcome !== 'tested') throw new Error('not a test');
  return result.attempt;
}

async function start(client: Client, connection: SsoConnection['id']): Promise<string> {
  const started = await client.sso.start({ body: { connection } });
  if (started.way !== 'redirect') throw new Error('no redirect');
  return started.url;
}

async function signIn({ connection }: Company, sub: string, client = enclave.client()) {
  const challenge = await bringBack(await idp.signIn(await start(client, connection.id), sub));
  const result = await client.sso.complete({ body: { challenge } });
  if (result.outcome !== 'signed_in') throw new Error('not signed in');
  return { client, account: result.account };
}

const REFUSED = { code: 'identity_refused' };
const lastAttempt = async ({ admin, params }: Company) => (await admin.client.sso.attempts({ params }))[0];

test('a connection is drafted, tested, activated, and signs people of the domain in with the role of their groups', async () => {
  const fresh = await openCompany({ activate: false });
  const { admin, params, connection } = fresh;
  expect(connection).toMatchObject({ state: 'draft', secretEndings: { clientSecret: '9876' } });
  expect(JSON.stringify(connection)).not.toContain('client-secret');
  await expect(admin.client.sso.activate({ params })).rejects.toMatchObject({ code: 'test_first' });
  await expect(start(enclave.client(), connection.id)).rejects.toMatchObject({ code: 'not_found' });

  expect((await admin.client.sso.probe({ params })).map(({ name, passed }) => [name, passed])).toEqual([
    ['tls', true],
    ['discovery', true],
    ['keys', true],
  ]);
  addAccount(fresh, 'ed', { groups: ['editors', 'chess'] });
  const attempt = await runTest(fresh, 'ed');
  expect(attempt).toMatchObject({
    outcome: 'test_passed',
    claims: { sub: ['ed'], groups: ['editors', 'chess'], email: [`ed@${fresh.domain}`] },
    mapping: { role: 'tier2', applied: ['editors'], ignored: ['chess'] },
  });
  expect(attempt.checks.every(({ passed }) => passed)).toBe(true);
  expect(await admin.client.sso.get({ params })).toMatchObject({ state: 'tested', testedAt: expect.any(String) });
  await expect(start(enclave.client(), connection.id)).rejects.toMatchObject({ code: 'not_found' });
  expect((await admin.client.members.list({ params: admin })).items.map(({ email }) => email)).toEqual([admin.email]);

  await admin.client.sso.activate({ params });
  const { account } = await signIn(fresh, 'ed');
  expect(account).toMatchObject({
    email: `ed@${fresh.domain}`,
    emailVerified: true,
    name: 'Name of ed',
    organizations: [{ role: 'tier2' }],
  });
  expect(await admin.client.sso.lastSignIn({ params: { org: admin.org, user: account.id } })).toMatchObject({
    attempt: { outcome: 'signed_in', person: 'Name of ed', mapping: { role: 'tier2' } },
  });
  expect(await admin.client.sso.lastSignIn({ params: { org: admin.org, user: admin.user } })).toEqual({});
});

test('a provider’s word ends the session there and then; one that is forged or repeated ends nothing', async () => {
  const { callback, backchannelLogout } = company.connection.addresses;
  const backchannelLogoutUri = `${await enclave.listen()}${new URL(backchannelLogout).pathname}`;
  idp.register({ id: 'privexbot', secret: SECRET, redirectUri: callback, backchannelLogoutUri });
  addAccount(company, 'luna');
  const first = await signIn(company, 'luna');
  const second = await signIn(company, 'luna');
  const post = async (token: string) => {
    const body = new URLSearchParams({ logout_token: token });
    return (await visit(backchannelLogout, { method: 'POST', body })).status;
  };
  for (const token of ['', 'a.b.c', `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`]) expect(await post(token)).toBe(400);

  await idp.endSession('luna');
  await expect(second.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  // By `sid`: sessions that began in other sessions of the provider go on.
  expect((await first.client.auth.me()).id).toBe(first.account.id);
  expect(await post(idp.logoutTokens.at(-1) ?? '')).toBe(400);
  const { items } = await company.admin.client.audit.list({ params: company.admin, query: { action: 'connection' } });
  const refused = expect.objectContaining({ action: 'connection.logout_refused', facts: { check: 'replay' } });
  expect(items).toEqual(
    expect.arrayContaining([refused, expect.objectContaining({ action: 'connection.logout', facts: { sessions: 1 } })]),
  );
});

test('the role follows the groups with each sign-in, and with each change of the map', async () => {
  const { admin, params } = company;
  addAccount(company, 'rolf', { groups: ['editors'] });
  const { client, account } = await signIn(company, 'rolf');
  expect(account.organizations[0]?.role).toBe('tier2');
  addAccount(company, 'rolf', { groups: [] });
  expect((await signIn(company, 'rolf')).account).toMatchObject({ id: account.id, organizations: [{ role: 'tier4' }] });
  addAccount(company, 'rolf', { groups: ['editors'] });
  await signIn(company, 'rolf');
  const groups = [{ group: 'editors', role: 'admin' as const }];
  await admin.client.sso.change({ params, body: { provisioning: { create: true, role: 'tier3', groups } } });
  expect((await client.auth.me()).organizations[0]?.role).toBe('tier3');
  await admin.client.sso.change({ params, body: { provisioning: { create: true, role: 'tier3', admins: true, groups } } });
  expect((await client.auth.me()).organizations[0]?.role).toBe('admin');
});

test('a group of the map may enter the workspaces that its rule names, as far as it says', async () => {
  const { admin, params } = company;
  const { org } = admin;
  const { id: closed } = await admin.client.organizations.createWorkspace({ params: { org }, body: { name: 'Closed' } });
  const body = { open: false, entries: [], revision: 0 };
  await admin.client.organizations.setWorkspaceAccess({ params: { org, workspace: closed }, body });
  addAccount(company, 'wanda', { groups: ['editors'] });
  const { client } = await signIn(company, 'wanda');
  const seen = async () => (await client.auth.me()).organizations[0]?.workspaces.map(({ name }) => name);
  expect(await seen()).toEqual(['General']);
  const rule = { group: 'editors', role: 'tier2' as const, workspaces: [{ workspace: closed, role: 'tier3' as const }] };
  const change = (groups: object[]) =>
    admin.client.sso.change({ params, body: { provisioning: { create: true, groups: groups as (typeof rule)[] } } });
  await change([rule]);
  expect(await seen()).toEqual(['General', 'Closed']);
  await change([{ ...rule, workspaces: [] }]);
  expect(await seen()).toEqual(['General']);
  const theirs = await enclave.signUp();
  const foreign = { ...rule, workspaces: [{ workspace: theirs.workspace, role: 'tier3' as const }] };
  await expect(change([foreign])).rejects.toMatchObject({ code: 'not_found' });
});

test('people are sent to their directory by the domain of their address, known or not', async () => {
  const { connection, domain } = company;
  const found = [{ id: connection.id, name: 'Company directory', kind: 'oidc' }];
  const find = async (email: string) => (await enclave.client().credentials.start({ body: { email } })).connections;
  expect(await find(`anybody@${domain}`)).toEqual(found);
  expect(await find(`Other@${domain.toUpperCase()}`)).toEqual(found);
  for (const email of [`anybody@sub.${domain}`, 'a@b.test']) expect(await find(email)).toEqual([]);
  expect(await enclave.client().sso.describe({ params: { connection: connection.id } })).toEqual(found[0]);
  await company.admin.client.sso.deactivate({ params: company.params });
  expect(await find(`anybody@${domain}`)).toEqual([]);
});

test('only the browser that began completes a sign-in, and once', async () => {
  addAccount(company, 'una');
  const client = enclave.client();
  const challenge = await bringBack(await idp.signIn(await start(client, company.connection.id), 'una'));
  await expect(enclave.client().sso.complete({ body: { challenge } })).rejects.toMatchObject({ code: 'challenge_invalid' });
  const all = await Promise.allSettled([1, 2, 3].map(() => client.sso.complete({ body: { challenge } })));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('nothing comes of an answer without state, with another’s, at another connection, or of one that was changed', async () => {
  addAccount(company, 'mallory');
  const client = enclave.client();
  const begin = async () => new URL(await idp.signIn(await start(client, company.connection.id), 'mallory'));
  const complete = (challenge: string) => {
    enclave.advance(30_000); // so that no allowance is used up
    return client.sso.complete({ body: { challenge } });
  };

  const bare = await begin();
  bare.searchParams.delete('state');
  expect(await bringBack(bare.href)).toBe('');

  const elsewhere = await begin();
  const other = await openCompany();
  elsewhere.pathname = `/sso/${other.connection.id}/callback`;
  await expect(complete(await bringBack(elsewhere.href))).rejects.toMatchObject({ code: 'challenge_invalid' });

  idp.register({ id: 'privexbot', secret: SECRET, redirectUri: company.connection.addresses.callback });
  const mixed = await begin();
  mixed.searchParams.set('iss', 'https://evil.example.com');
  await expect(complete(await bringBack(mixed.href))).rejects.toMatchObject(REFUSED);
  expect((await lastAttempt(company))?.checks.at(-1)).toMatchObject({ name: 'issuer', passed: false, found: 'https://evil.example.com' });

  const swapped = await begin();
  swapped.searchParams.set('code', 'somebody-elses-code');
  await expect(complete(await bringBack(swapped.href))).rejects.toMatchObject(REFUSED);
  expect((await lastAttempt(company))?.checks.at(-1)).toMatchObject({ name: 'answer', found: expect.stringContaining('invalid_grant') });

  // The first answer counts: what comes later for the same state changes nothing.
  const first = await begin();
  const challenge = await bringBack(first.href);
  first.searchParams.set('code', 'another-code');
  await bringBack(first.href);
  expect(await complete(challenge)).toMatchObject({ outcome: 'signed_in' });

  const given = await start(client, company.connection.id);
  const state = new URL(given).searchParams.get('state') ?? '';
  await expect(complete(state)).rejects.toMatchObject({ code: 'challenge_invalid' });
});

test('a code of one sign-in is worth nothing in another: verifier and nonce are of the browser that began', async () => {
  addAccount(company, 'victim');
  const theirs = new URL(await idp.signIn(await start(enclave.client(), company.connection.id), 'victim'));
  const mine = enclave.client();
  const own = new URL(await start(mine, company.connection.id));
  theirs.searchParams.set('state', own.searchParams.get('state') ?? '');
  const challenge = await bringBack(theirs.href);
  await expect(mine.sso.complete({ body: { challenge } })).rejects.toMatchObject(REFUSED);
});

test('a directory makes and touches nobody outside the proven domains of its organization', async () => {
  const outsider = await enclave.signUp();
  const sub = 'trespasser';
  const claims = [{ email: outsider.email }, { email: 'new@elsewhere.test' }, { email: undefined }, { email_verified: false }];
  const checks: unknown[] = [];
  for (const claim of claims) {
    addAccount(company, sub, claim);
    await expect(signIn(company, sub)).rejects.toMatchObject(REFUSED);
    checks.push((await lastAttempt(company))?.checks.at(-1)?.name);
  }
  expect(checks).toEqual(['domain', 'domain', 'email', 'domain']);
  expect((await company.admin.client.members.list({ params: company.admin })).total).toBe(1);
});

test('somebody of the domain who is no member is not taken over, and a member is found by the address', async () => {
  const stranger = await enclave.signUp({ email: `stranger@${company.domain}` });
  addAccount(company, 'stranger');
  await expect(signIn(company, 'stranger')).rejects.toMatchObject(REFUSED);
  expect((await lastAttempt(company))?.checks.at(-1)).toMatchObject({ name: 'member', passed: false });

  const { link } = await company.admin.client.organizations.invite({
    params: company.admin,
    body: { email: stranger.email, role: 'tier1' },
  });
  await stranger.client.auth.acceptInvitation({ body: { invitation: link.split('#')[1] ?? '' } });
  const { account } = await signIn(company, 'stranger');
  expect(account.id).toBe(stranger.user);
  // Given by hand, so no group changes it.
  expect(account.organizations.find(({ id }) => id === company.admin.org)?.role).toBe('tier1');
});

test('without just-in-time accounts, or without a group of the map where one is needed, nobody new gets in', async () => {
  const { admin, params } = company;
  addAccount(company, 'nova');
  await admin.client.sso.change({ params, body: { provisioning: { create: false } } });
  await expect(signIn(company, 'nova')).rejects.toMatchObject(REFUSED);
  expect((await lastAttempt(company))?.checks.at(-1)).toMatchObject({ name: 'provisioning' });
  const groups = [{ group: 'staff', role: 'tier3' as const }];
  await admin.client.sso.change({ params, body: { provisioning: { create: true, onlyMapped: true, groups } } });
  await expect(signIn(company, 'nova')).rejects.toMatchObject(REFUSED);
  addAccount(company, 'nova', { groups: ['staff'] });
  expect((await signIn(company, 'nova')).account.organizations[0]?.role).toBe('tier3');
});

test('keys of the provider may change between two sign-ins, and forged ones are refused', async () => {
  addAccount(company, 'kira');
  await signIn(company, 'kira');
  await idp.rotateKeys();
  enclave.advance(31_000);
  await signIn(company, 'kira');
  const before = idp.requests.filter((path) => path === '/jwks').length;
  idp.instead.set('/jwks', () => ({ body: '{"keys":[]}' }));
  await idp.rotateKeys();
  await expect(signIn(company, 'kira')).rejects.toMatchObject(REFUSED);
  expect((await lastAttempt(company))?.checks.at(-1)).toMatchObject({ name: 'keys', passed: false });
  await expect(signIn(company, 'kira')).rejects.toMatchObject(REFUSED);
  // An unknown key is looked for, but not each time.
  expect(idp.requests.filter((path) => path === '/jwks').length - before).toBeLessThanOrEqual(1);
  enclave.advance(31_000);
});

test('other settings have to be tested again; a secret goes to no other server than it was entered for', async () => {
  const { admin, params } = company;
  const settings = { issuer: idp.issuer, clientId: 'privexbot', scopes: 'openid email' };
  const rotated = await admin.client.sso.change({
    params,
    body: { protocol: { kind: 'oidc', secrets: { clientSecret: 'new-secret-4321' } } },
  });
  expect(rotated).toMatchObject({ state: 'active', secretEndings: { clientSecret: '4321' } });
  const moved = await admin.client.sso.change({
    params,
    body: { protocol: { kind: 'oidc', settings: { ...settings, issuer: 'https://login.example.com' } } },
  });
  expect(moved).toMatchObject({ state: 'draft', secretEndings: {} });
  await expect(start(enclave.client(), company.connection.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('a connection that is switched off or removed ends the sessions that began by it', async () => {
  const { admin, params } = company;
  addAccount(company, 'otto');
  const first = await signIn(company, 'otto');
  expect(await admin.client.sso.deactivate({ params })).toMatchObject({ state: 'tested' });
  await expect(first.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await admin.client.sso.activate({ params });
  const second = await signIn(company, 'otto');
  await admin.client.sso.remove({ params });
  await expect(second.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(admin.client.sso.get({ params })).rejects.toMatchObject({ code: 'not_found' });
  expect((await admin.client.members.list({ params: admin })).items.map(({ email }) => email)).toContain(`otto@${company.domain}`);
  expect((await admin.client.audit.verify({ params: admin })).intact).toBe(true);
});

test('whoever signs out is out here first, and is led to the provider’s own sign-out and back', async () => {
  addAccount(company, 'lea');
  const { client } = await signIn(company, 'lea');
  const { directory } = await client.auth.signOut();
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect(directory?.name).toBe('Company directory');
  const url = new URL(directory?.url ?? '');
  expect([`${url.origin}${url.pathname}`, Object.fromEntries(url.searchParams)]).toEqual([
    `${idp.issuer}/session/end`,
    { client_id: 'privexbot', post_logout_redirect_uri: company.connection.addresses.signedOut },
  ]);
  expect(await idp.endSession('lea', url.href)).toBe(company.connection.addresses.signedOut);
  expect(await enclave.signUp().then(({ client }) => client.auth.signOut())).toEqual({});
});

test('the provider is told whose session it is where it gave a word for that, and nothing is sent where that is off', async () => {
  addAccount(company, 'kim', { login_hint: 'opaque-word-of-the-provider' });
  const { client } = await signIn(company, 'kim');
  const { directory } = await client.auth.signOut();
  expect(new URL(directory?.url ?? '').searchParams.get('logout_hint')).toBe('opaque-word-of-the-provider');
  await signIn(company, 'kim', client);
  const { issuer, clientId, scopes } = company.connection.settings as { issuer: string; clientId: string; scopes: string };
  const settings = { issuer, clientId, scopes, signOutThere: false };
  await company.admin.client.sso.change({ params: company.params, body: { protocol: { kind: 'oidc', settings } } });
  expect(await client.auth.signOut()).toEqual({});
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a provider that is down, silent or names no safe address keeps nobody signed in', async () => {
  addAccount(company, 'max');
  const discovery = await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).text();
  const withEnd = (end: string) => ({ body: JSON.stringify({ ...JSON.parse(discovery), end_session_endpoint: end }) });
  const answers = [
    withEnd('javascript:alert(1)'),
    withEnd('http://169.254.169.254/end'),
    withEnd('data:text/html,x'),
    withEnd('//'),
    { body: 'no metadata' },
    // Last, since a failure is not remembered.
    { status: 503, body: '' },
  ];
  const clients: Client[] = [];
  for (const _ of answers) clients.push((await signIn(company, 'max')).client);
  // Long enough for what was read of the provider to be read again.
  const LATER = 11 * 60_000;
  for (const [at, answer] of answers.entries()) {
    idp.instead.set('/.well-known/openid-configuration', () => answer);
    enclave.advance(LATER);
    expect([answer.body.slice(-60), await clients[at]?.auth.signOut()]).toEqual([answer.body.slice(-60), {}]);
    await expect(clients[at]?.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  }
  enclave.advance(-LATER * answers.length);
});

test('the last twenty attempts are kept, and the last of each person', async () => {
  addAccount(company, 'pia');
  const { account } = await signIn(company, 'pia');
  addAccount(company, 'noise', { email: 'noise@elsewhere.test' });
  for (let n = 0; n < 22; n++) {
    await expect(signIn(company, 'noise')).rejects.toMatchObject(REFUSED);
  }
  const attempts = await company.admin.client.sso.attempts({ params: company.params });
  expect(attempts).toHaveLength(20);
  expect(attempts.every(({ outcome }) => outcome === 'refused')).toBe(true);
  expect(await company.admin.client.sso.lastSignIn({ params: { org: company.admin.org, user: account.id } })).toMatchObject({
    attempt: { outcome: 'signed_in' },
  });
  const [row] = await enclave.forge<{ count: string }>('select count(*) from sign_in_attempts where connection_id = $1', [
    company.connection.id,
  ]);
  expect(Number(row?.count)).toBe(21);
});

test('without a device, or outside the channel, nothing begins and nothing is completed', async () => {
  const bare = createClient(enclave.bareTransport(enclave.openChannel()));
  const { id: connection } = company.connection;
  await expect(bare.sso.start({ body: { connection } })).rejects.toMatchObject({ code: 'device_required' });
  await expect(bare.sso.complete({ body: { challenge: 'x'.repeat(43) } })).rejects.toMatchObject({ code: 'device_required' });
  const plain = createClient(enclave.bareTransport());
  await expect(plain.sso.start({ body: { connection } })).rejects.toMatchObject({ code: 'sealed_only' });
});

test('a row that was changed or put back from outside signs nobody in', async () => {
  const { id } = company.connection;
  const [before] = await enclave.forge<{ sealed: Uint8Array; version: number }>('select sealed, version from connections where id = $1', [
    id,
  ]);
  await company.admin.client.sso.deactivate({ params: company.params });
  await enclave.forge("update connections set state = 'active' where id = $1", [id]);
  await expect(start(enclave.client(), id)).rejects.toMatchObject({ code: 'integrity_failed' });
  await enclave.forge("update connections set state = 'active', sealed = $2, version = $3 where id = $1", [
    id,
    before?.sealed,
    before?.version,
  ]);
  await expect(start(enclave.client(), id)).rejects.toMatchObject({ code: 'integrity_failed' });
});

test('whoever has no other way proves again at the directory, which asks anew however long it knows the browser', async () => {
  addAccount(company, 'noa', { groups: ['editors'] });
  const { client } = await signIn(company, 'noa');
  const again = async (fresh?: true) => {
    const started = await client.sso.start({ body: { connection: company.connection.id, ...(fresh ? { fresh } : {}) } });
    if (started.way !== 'redirect') throw new Error('no redirect');
    const asked = idp.requests.length;
    const challenge = await bringBack(await idp.signInAgain(started.url, 'noa'));
    await client.sso.complete({ body: { challenge } });
    return idp.requests.slice(asked).some((path) => path.startsWith('/interaction/'));
  };
  expect(await client.credentials.startTotp()).toBeDefined();
  idp.letAge(11 * 60);
  expect(await again()).toBe(false);
  await expect(client.credentials.startTotp()).rejects.toMatchObject({ code: 'step_up_required' });
  const { id, name, kind } = company.connection;
  expect(await client.credentials.startStepUp()).toEqual({ ways: [], connection: { id, name, kind } });
  expect(await again(true)).toBe(true);
  expect(await client.credentials.startTotp()).toBeDefined();
});

// The last one: it moves the clock far ahead of the provider's.
test('addresses that lead inside are refused, as issuer, in discovery and as a redirect', async () => {
  const { admin, params } = company;
  const probed = async (issuer: string) => {
    await admin.prove();
    await admin.client.sso.change({ params, body: { protocol: { kind: 'oidc', settings: { issuer, clientId: 'x' } } } });
    return (await admin.client.sso.probe({ params })).at(-1);
  };
  expect(await probed('http://169.254.169.254')).toMatchObject({ name: 'tls', passed: false });
  expect(await probed('https://127.0.0.1:1')).toMatchObject({ name: 'reachable', passed: false, found: 'private_address' });
  expect(await probed('http://login.example.com')).toMatchObject({ name: 'tls', passed: false });

  const metadata = (changes: object) => ({
    body: JSON.stringify({
      issuer: idp.issuer,
      authorization_endpoint: `${idp.issuer}/auth`,
      token_endpoint: `${idp.issuer}/token`,
      jwks_uri: `${idp.issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...changes,
    }),
  });
  const at = '/.well-known/openid-configuration';
  const discovered = async (answer: { status?: number; headers?: Record<string, string>; body: string }) => {
    enclave.advance(11 * 60_000);
    idp.instead.set(at, () => answer);
    return probed(idp.issuer);
  };
  expect(await discovered(metadata({ token_endpoint: 'http://169.254.169.254/token' }))).toMatchObject({
    name: 'discovery',
    passed: false,
  });
  expect(await discovered(metadata({ issuer: `${idp.issuer}/` }))).toMatchObject({ name: 'discovery', passed: false });
  expect(await discovered(metadata({ jwks_uri: 'https://10.0.0.1/jwks' }))).toMatchObject({ name: 'reachable', found: 'private_address' });
  expect(await discovered({ status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' })).toMatchObject({ passed: false });
  expect(await discovered({ body: `{"x":"${'x'.repeat(600_000)}"}` })).toMatchObject({ name: 'reachable', found: 'too_large' });
  idp.instead.delete(at);
  idp.instead.set('/jwks', () => ({ body: `{"keys":[${' '.repeat(600_000)}]}` }));
  enclave.advance(11 * 60_000);
  expect(await probed(idp.issuer)).toMatchObject({ name: 'reachable', found: 'too_large' });
});
