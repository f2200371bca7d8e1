// Sign-in by SAML and by LDAP with real counterparties, from the Admin's first draft to what the directory takes away again.
import type { NewConnection, SsoConnection } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import { type SamlProvider, startSamlProvider } from '@privexbot/testing/saml-provider.ts';
import { CORP, DIRECTORY_PASSWORD, PERSON_PASSWORD, type Slapd, startSlapd } from '@privexbot/testing/slapd.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { fromRedirect } from './saml/redirect.ts';
import { createChecks } from './strategy.ts';

const running = new AsyncDisposableStack();
let slapd: Slapd;
let provider: SamlProvider;
let names: NameServer;
let enclave: Enclave;
let made = 0;
beforeAll(async () => {
  slapd = running.use(await startSlapd());
  provider = running.use(await startSamlProvider());
  names = running.use(await startNameServer());
  enclave = running.use(await startEnclave({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: '127.0.0.1' } }));
});
afterAll(() => running.disposeAsync());

interface Company {
  readonly admin: Person;
  readonly connection: SsoConnection;
  readonly params: { org: Person['org']; connection: SsoConnection['id'] };
}

async function proveDomain({ client, org }: Person, name: string): Promise<void> {
  const { id, record } = await client.domains.add({ params: { org }, body: { name } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
}

async function openCompany(
  domain: string,
  given: { kind: NewConnection['kind']; settings: object; secrets?: object },
  provisioning: object,
): Promise<Company> {
  const admin = await enclave.signUp();
  await proveDomain(admin, domain);
  // The kinds differ in their settings, and each test gives its own.
  const body = { name: 'Company directory', provisioning: { create: true, ...provisioning }, ...given } as Parameters<
    Client['sso']['create']
  >[0]['body'];
  const connection = await admin.client.sso.create({ params: { org: admin.org }, body });
  return { admin, connection, params: { org: admin.org, connection: connection.id } };
}

const lastAttempt = async ({ admin, params }: Company) => (await admin.client.sso.attempts({ params }))[0];
const members = async ({ admin }: Company) =>
  Object.fromEntries((await admin.client.members.list({ params: { org: admin.org } })).items.map(({ email, role }) => [email, role]));
const actions = async ({ admin }: Company) =>
  (await admin.client.audit.list({ params: { org: admin.org }, query: { limit: 100 } })).items.map(({ action, facts }) => ({
    action,
    facts,
  }));

// LDAP

const ldapSettings = () => ({
  kind: 'ldap' as const,
  settings: {
    url: slapd.url,
    authorities: [slapd.authority],
    ...CORP,
    personClass: 'user',
    loginAttributes: ['sAMAccountName', 'userPrincipalName', 'mail'],
    subjectAttribute: 'objectGUID' as const,
    nameAttribute: 'displayName',
    groups: { groupClass: 'group', nameAttribute: 'sAMAccountName' },
  },
  secrets: { bindPassword: DIRECTORY_PASSWORD },
});

/** One organization at a time can own the domain of the tree. */
let corp: Company;
const signIn = (name: string, password = PERSON_PASSWORD, client = enclave.client()) =>
  client.sso.signIn({ body: { connection: corp.connection.id, name, password } }).then((account) => ({ client, account }));

test('an LDAP connection is drafted, probed, tested, activated, and signs people in with the role of their groups', async () => {
  corp = await openCompany('corp.example', ldapSettings(), {
    groups: [
      { group: 'all-staff', role: 'tier3' },
      { group: 'directors', role: 'tier1' },
    ],
  });
  const { admin, params } = corp;
  expect(corp.connection).toMatchObject({ kind: 'ldap', state: 'draft', secretEndings: { bindPassword: DIRECTORY_PASSWORD.slice(-4) } });
  expect(corp.connection.expiresAt).toBeTruthy();
  expect(JSON.stringify(corp.connection)).not.toContain(DIRECTORY_PASSWORD);
  expect((await admin.client.sso.probe({ params })).map(({ name, passed }) => `${name} ${passed}`)).toEqual([
    'reachable true',
    'tls true',
    'bind true',
    'one_entry true',
  ]);
  await expect(signIn('ana')).rejects.toMatchObject({ code: 'not_found' });
  const refused = await admin.client.sso.test({ params, body: { name: 'ana', password: 'wrong' } });
  expect(refused).toMatchObject({ attempt: { outcome: 'test_failed' } });
  await expect(admin.client.sso.activate({ params })).rejects.toMatchObject({ code: 'test_first' });
  const passed = await admin.client.sso.test({ params, body: { name: 'ana', password: PERSON_PASSWORD } });
  expect(passed).toMatchObject({
    attempt: { outcome: 'test_passed', claims: { mail: ['ana@corp.example'] }, mapping: { role: 'tier3', applied: ['all-staff'] } },
  });
  await admin.client.sso.activate({ params });
  const { connections } = await enclave.client().credentials.start({ body: { email: 'somebody@corp.example' } });
  expect(connections).toEqual([{ id: corp.connection.id, name: 'Company directory', kind: 'ldap' }]);
  const { account } = await signIn('ana');
  expect(account).toMatchObject({ email: 'ana@corp.example', name: 'Ana Example', organizations: [{ role: 'tier3' }] });
  expect((await signIn('ANA@corp.example')).account.id).toBe(account.id);
  expect((await signIn('nora')).account).toMatchObject({ organizations: [{ role: 'tier1' }] });
});

test('a wrong password, a disabled account and nobody at all look alike outside, and differ for Admins', async () => {
  for (const [name, password, check] of [
    ['ana', 'wrong', 'password'],
    ['ana', ' ', 'password'],
    ['nobody', PERSON_PASSWORD, 'one_entry'],
    ['*', PERSON_PASSWORD, 'one_entry'],
    ['dora', PERSON_PASSWORD, 'enabled'],
  ] as const) {
    const error = await signIn(name, password).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'identity_refused' });
    expect((await lastAttempt(corp))?.checks.at(-1)).toMatchObject({ name: check, passed: false });
  }
  expect(JSON.stringify(await corp.admin.client.sso.attempts({ params: corp.params }))).not.toContain(PERSON_PASSWORD);
});

/** Asks for a sync, and waits for what comes of it. */
async function sync({ admin, params }: Company) {
  const before = (await admin.client.sso.lastSync({ params })).sync?.at;
  enclave.advance(1);
  await admin.client.sso.sync({ params });
  return vi.waitFor(
    async () => {
      const { sync } = await admin.client.sso.lastSync({ params });
      if (!sync || sync.at === before) throw new Error('not yet');
      return sync;
    },
    { timeout: 20_000, interval: 100 },
  );
}

test('looking people up again changes roles with groups, suspends who is disabled, and lets them in again', async () => {
  const { client, account } = await signIn('ben');
  const [{ id: org } = { id: corp.admin.org }] = account.organizations;
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'kept' } });
  const program = enclave.client(key);
  await program.organizations.ofKey();
  expect(await members(corp)).toMatchObject({ 'ana@corp.example': 'tier3', 'ben@corp.example': 'tier3', 'nora@corp.example': 'tier1' });
  expect(await sync(corp)).toMatchObject({ people: 3, changed: 0, suspended: 0, reactivated: 0 });

  slapd.modify(
    'dn: CN=directors,OU=Groups,DC=corp,DC=example\nchangetype: modify\nreplace: member\nmember: CN=Ana Example,OU=People,DC=corp,DC=example\n',
  );
  slapd.modify(
    'dn: CN=Ben (Ops) Sample,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n',
  );
  expect(await sync(corp)).toMatchObject({ people: 3, changed: 2, suspended: 1 });
  expect(await members(corp)).toMatchObject({ 'ana@corp.example': 'tier1', 'nora@corp.example': 'tier4' });
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(signIn('ben')).rejects.toMatchObject({ code: 'identity_refused' });
  await expect(program.organizations.ofKey()).rejects.toMatchObject({ code: 'not_signed_in' });

  slapd.modify(
    'dn: CN=Ben (Ops) Sample,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 512\n',
  );
  expect(await sync(corp)).toMatchObject({ reactivated: 1, suspended: 0 });
  expect((await signIn('ben')).account.organizations).toMatchObject([{ role: 'tier3' }]);
  await expect(program.organizations.ofKey()).rejects.toMatchObject({ code: 'not_signed_in' });
  const log = await actions(corp);
  for (const action of ['member.suspended', 'member.reactivated', 'member.role_changed', 'connection.synced', 'connection.sync_asked'])
    expect(log.map((entry) => entry.action)).toContain(action);
  expect(JSON.stringify(log)).not.toMatch(/corp\.example|all-staff|directors/);
});

test('a directory in which nearly everybody is gone is not believed', async () => {
  await signIn('nora');
  const { admin, params } = corp;
  const { settings } = await admin.client.sso.get({ params });
  await signIn('ed').catch(() => undefined);
  slapd.modify('dn: CN=Ed Ended,OU=People,DC=corp,DC=example\nchangetype: modify\ndelete: accountExpires\n');
  await signIn('ed');
  const elsewhere = { ...settings, baseDn: 'ou=Groups,dc=corp,dc=example' } as never;
  await admin.client.sso.change({ params, body: { protocol: { kind: 'ldap', settings: elsewhere } } });
  expect(await sync(corp)).toMatchObject({ people: 4, suspended: 0, problem: 'too_many' });
  await admin.client.sso.change({ params, body: { protocol: { kind: 'ldap', settings: settings as never } } });
  expect(await sync(corp)).toMatchObject({ people: 4, suspended: 0 });
});

test('a directory that is not there changes nothing, and says so', async () => {
  const { admin, params } = corp;
  await slapd[Symbol.asyncDispose]();
  expect(await sync(corp)).toMatchObject({ suspended: 0, problem: 'reachable' });
  await expect(signIn('ana')).rejects.toMatchObject({ code: 'directory_unreachable' });
  expect(await admin.client.sso.probe({ params })).toMatchObject([{ name: 'reachable', passed: false }]);
});

// SAML

let saml: Company;
const visit = (url: string, init: RequestInit = {}) => enclave.bareTransport()(new Request(url, init));

/** What the browser does: from the provider's form to the secret in the fragment of our page. */
async function post({ address, fields }: Awaited<ReturnType<SamlProvider['signIn']>>): Promise<string> {
  const response = await visit(address, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: 'null' } });
  expect(response.status).toBe(303);
  expect(response.headers.get('set-cookie')).toBeNull();
  const [, challenge = ''] = /^\/sign-in\/return#([\w-]{43})$/.exec(response.headers.get('location') ?? '') ?? [];
  return challenge;
}

async function start(client: Client): Promise<string> {
  const started = await client.sso.start({ body: { connection: saml.connection.id } });
  if (started.way !== 'redirect') throw new Error('no redirect');
  return started.url;
}

async function signInAt(name: string, client = enclave.client()) {
  const challenge = await post(await provider.signIn(await start(client), name));
  const result = await client.sso.complete({ body: { challenge } });
  if (result.outcome !== 'signed_in') throw new Error('not signed in');
  return { client, account: result.account };
}

test('a SAML connection is read from metadata, described to the provider, tested, activated, and signs people in', async () => {
  const domain = `saml-${++made}.example`;
  await provider.setPeople({
    ana: { mail: `ana@${domain}`, displayName: 'Ana Example', groups: ['staff'] },
    boss: { mail: `boss@${domain}`, displayName: 'Bo Ss', groups: ['staff', 'bosses'] },
    stranger: { mail: 'stranger@elsewhere.example', groups: [] },
  });
  saml = await openCompany(
    domain,
    { kind: 'saml', settings: { provider: { metadata: await provider.metadata() } } },
    {
      groups: [
        { group: 'staff', role: 'tier2' },
        { group: 'bosses', role: 'admin' },
      ],
    },
  );
  const { admin, params, connection } = saml;
  expect(connection).toMatchObject({ state: 'draft', settings: { provider: { entityId: `${provider.url}/metadata` } } });
  expect(JSON.stringify(connection)).not.toContain('PRIVATE KEY');
  const metadata = await visit(connection.addresses.metadata);
  expect(metadata.headers.get('content-type')).toBe('application/samlmetadata+xml');
  await provider.trust(await metadata.text());

  const test = await admin.client.sso.test({ params, body: {} });
  if (!('url' in test)) throw new Error('no redirect');
  const challenge = await post(await provider.signIn(test.url, 'ana'));
  expect(await admin.client.sso.complete({ body: { challenge } })).toMatchObject({
    outcome: 'tested',
    attempt: { outcome: 'test_passed', claims: { mail: [`ana@${domain}`], groups: ['staff'] }, mapping: { role: 'tier2' } },
  });
  await admin.client.sso.activate({ params });
  expect((await signInAt('ana')).account).toMatchObject({
    email: `ana@${domain}`,
    name: 'Ana Example',
    organizations: [{ role: 'tier2' }],
  });
  // A group may make nobody an Admin unless an Admin says so.
  expect((await signInAt('boss')).account).toMatchObject({ organizations: [{ role: 'tier2' }] });
  await expect(signInAt('stranger')).rejects.toMatchObject({ code: 'identity_refused' });
  expect((await lastAttempt(saml))?.checks.at(-1)).toMatchObject({ name: 'domain', passed: false });
});

test('only the device that asked completes a SAML sign-in, once, at its own address', async () => {
  const asking = enclave.client();
  const answer = await provider.signIn(await start(asking), 'ana');
  const challenge = await post(answer);
  await expect(enclave.client().sso.complete({ body: { challenge } })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await asking.sso.complete({ body: { challenge } });
  await expect(asking.sso.complete({ body: { challenge } })).rejects.toMatchObject({ code: 'challenge_invalid' });
  // The same answer again, for another request of the same browser.
  const other = new URL(await start(asking)).searchParams.get('RelayState') ?? '';
  const replayed = await post({ address: answer.address, fields: { ...answer.fields, RelayState: other } });
  await expect(asking.sso.complete({ body: { challenge: replayed } })).rejects.toMatchObject({ code: 'identity_refused' });
  expect((await lastAttempt(saml))?.checks.at(-1)).toMatchObject({ name: 'in_response_to', passed: false });
});

test('an answer nobody asked for, or at another connection’s address, opens nothing', async () => {
  const client = enclave.client();
  const answer = await provider.signIn(await start(client), 'ana');
  for (const RelayState of ['', '//evil.example', 'https:evil.example', 'x'.repeat(43).replace('x', '/')]) {
    const response = await visit(answer.address, { method: 'POST', body: new URLSearchParams({ ...answer.fields, RelayState }) });
    expect([response.status, response.headers.get('location')]).toEqual([303, `/sign-in/by/${saml.connection.id}`]);
  }
  const rival = await openCompany(
    `rival-${++made}.example`,
    { kind: 'saml', settings: { provider: { metadata: await provider.metadata() } } },
    {},
  );
  const crossed = await post({ address: rival.connection.addresses.acs, fields: answer.fields });
  await expect(client.sso.complete({ body: { challenge: crossed } })).rejects.toMatchObject({ code: 'challenge_invalid' });
});

test('the provider ends a session with a signed request, and the browser goes back with our answer', async () => {
  const { client, account } = await signInAt('ana');
  expect((await client.auth.me()).id).toBe(account.id);
  const address = await provider.endAddress('ana');
  const forged = await visit(address.replace(/Signature=[^&]*/, 'Signature=AAAA'));
  expect([forged.status, forged.headers.get('location')]).toEqual([303, '/sign-in']);
  expect((await client.auth.me()).id).toBe(account.id);
  const response = await visit(address);
  expect(response.status).toBe(303);
  const location = response.headers.get('location') ?? '';
  expect(location).toMatch(new RegExp(`^${provider.url}/slo\\?SAMLResponse=`));
  expect(await (await fetch(location)).text()).toContain('Signed out of the directory');
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  // Once.
  expect((await visit(address)).headers.get('location')).toBe('/sign-in');
});

/** Where our page is after the browser was sent with it. */
const sentTo = async (url: string) => {
  const { status, headers } = await visit(url);
  return [status, headers.get('location')];
};
const attempt = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};
const refusals = async () => (await actions(saml)).filter(({ action }) => action === 'connection.logout_refused');

test('whoever signs out is out here first, and the provider says in a signed answer that it ended its session too', async () => {
  const before = (await refusals()).length;
  const { client } = await signInAt('ana');
  const { directory } = await client.auth.signOut();
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect(directory?.name).toBe('Company directory');
  expect(directory?.url).toMatch(new RegExp(`^${provider.url}/slo\\?SAMLRequest=`));
  const there = await fetch(directory?.url ?? '', { redirect: 'manual' });
  expect(await provider.ended()).toEqual([{ name: 'ana', sessions: [expect.any(String)] }]);
  const back = there.headers.get('location') ?? '';
  expect(await sentTo(back)).toEqual([303, '/signed-out#there']);
  // The answer counts once.
  expect(await sentTo(back)).toEqual([303, '/signed-out']);
  expect(await refusals()).toHaveLength(before);
});

test('an answer that the provider did not sign, of another sign-out, or at another place says nothing and leads nowhere', async () => {
  const before = (await refusals()).length;
  const leave = async () => {
    const { client } = await signInAt('ana');
    const { directory } = await client.auth.signOut();
    return (await fetch(directory?.url ?? '', { redirect: 'manual' })).headers.get('location') ?? '';
  };
  const own = await leave();
  const other = await leave();
  const state = (url: string) => new URL(url).searchParams.get('RelayState') ?? '';
  for (const url of [
    own.replace(state(own), state(other)),
    own.replace(/RelayState=[^&]*/, 'RelayState=https%3A%2F%2Fevil.example'),
    own.replace(/RelayState=[^&]*/, ''),
    own.replace(/SAMLResponse=[^&]*/, 'SAMLResponse='),
    own.replace(/Signature=[^&]*/, 'Signature=AAAA'),
    own.replace(saml.connection.id, 'con_00000000000000000000000000'),
  ])
    expect([url, ...(await sentTo(url))]).toEqual([url, 303, '/signed-out']);
  expect((await refusals()).slice(0, -before).map(({ facts }) => facts?.check)).toEqual(['signature', 'signature']);
});

test('our own key rolls over while people sign in: made, told, used, and the old one taken away', async () => {
  const { admin, params, connection } = saml;
  const { sso } = admin.client;
  const metadata = async () => (await visit(connection.addresses.metadata)).text();
  const keys = async () => (await sso.get({ params })).ownKeys ?? [];
  const at = (id: string | undefined) => ({ params: { ...params, ownKey: id ?? '' } });
  const isSignedBy = async (certificate: string | undefined) => {
    const query = new URL(await start(enclave.client())).search.slice(1);
    return attempt(() => fromRedirect(query, 'SAMLRequest', [certificate ?? ''], createChecks()));
  };
  await provider.setHow({ encrypt_assertion: true });
  const before = await metadata();

  const made = await sso.addKey({ params });
  expect(JSON.stringify(made)).not.toContain('PRIVATE KEY');
  const [old, next] = made;
  expect(await sso.get({ params })).toMatchObject({ state: 'active', testedAt: expect.any(String), ownKeys: made });
  expect([made.length, (await metadata()).match(/<d:X509Certificate>/g)?.length]).toEqual([2, 4]);
  await expect(sso.addKey({ params })).rejects.toMatchObject({ code: 'bad_request' });
  expect([await isSignedBy(old?.certificate), await isSignedBy(next?.certificate)]).toEqual([true, false]);
  await signInAt('ana');

  // Too early: the provider was told nothing yet. The old one is still there to go back to.
  await sso.switchKey(at(next?.id));
  await expect(signInAt('ana')).rejects.toThrow('not signed by the service');
  await sso.switchKey(at(old?.id));
  await signInAt('ana');

  const both = await metadata();
  await provider.trust(both);
  await signInAt('ana');
  await sso.switchKey(at(next?.id));
  expect([await isSignedBy(old?.certificate), await isSignedBy(next?.certificate)]).toEqual([false, true]);
  // It encrypts for the one that stands first: here the old one, then the new one.
  await signInAt('ana');
  await provider.trust(await metadata());
  await signInAt('ana');

  await expect(sso.removeKey(at(next?.id))).rejects.toMatchObject({ code: 'bad_request' });
  await expect(sso.removeKey(at('0'.repeat(64)))).rejects.toMatchObject({ code: 'not_found' });
  const stranger = await enclave.signUp();
  const elsewhere = { params: { org: stranger.org, connection: connection.id, ownKey: old?.id ?? '' } };
  await expect(stranger.client.sso.removeKey(elsewhere)).rejects.toMatchObject({ code: 'not_found' });
  await expect(stranger.client.sso.switchKey(elsewhere)).rejects.toMatchObject({ code: 'not_found' });
  expect((await keys()).map(({ id }) => id)).toEqual([next?.id, old?.id]);

  await provider.trust(both);
  expect((await sso.removeKey(at(old?.id))).map(({ id }) => id)).toEqual([next?.id]);
  await expect(signInAt('ana')).rejects.toMatchObject({ code: 'identity_refused' });
  expect((await lastAttempt(saml))?.checks.at(-1)).toMatchObject({ name: 'encryption', passed: false, found: 'another one' });
  const after = await metadata();
  expect([before, both].includes(after)).toBe(false);
  await provider.trust(after);
  await signInAt('ana');
  await provider.setHow({ encrypt_assertion: false });
  const did = (await actions(saml)).filter(({ action }) => action.startsWith('connection.key_')).map(({ action }) => action.slice(15));
  expect(did).toEqual(['removed', 'switched', 'switched', 'switched', 'added']);
});

test('while the provider changes its certificate, answers by either are taken, as its metadata has both', async () => {
  const { admin, params } = saml;
  const save = async () => {
    const { settings } = await admin.client.sso.get({ params });
    const changed = { ...settings, provider: { metadata: await provider.metadata() } } as never;
    return admin.client.sso.change({ params, body: { protocol: { kind: 'saml', settings: changed } } });
  };
  const certificates = ({ settings }: SsoConnection) =>
    'provider' in settings && 'certificates' in settings.provider ? settings.provider.certificates : [];
  await provider.addCertificate();
  const both = await save();
  expect(both).toMatchObject({ state: 'active' });
  expect(certificates(both)).toHaveLength(2);
  await signInAt('ana');
  await provider.useNewCertificate();
  await signInAt('ana');
  expect(certificates(await save())).toHaveLength(1);
  await signInAt('ana');
});

test('what is no provider is refused with the reason, and stores nothing', async () => {
  const { admin } = saml;
  const create = (metadata: string) =>
    admin.client.sso.create({
      params: { org: admin.org },
      body: { kind: 'saml', name: 'x', settings: { provider: { metadata } } as never },
    });
  await expect(create('<EntityDescriptor/>')).rejects.toMatchObject({ code: 'bad_request' });
  await expect(create('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>')).rejects.toMatchObject({ code: 'bad_request' });
  expect(await admin.client.sso.list({ params: { org: admin.org } })).toHaveLength(1);
});

test('nothing of a directory lies in the clear in the database', async () => {
  const rows = await enclave.forge<{ text: string }>(
    `select coalesce(string_agg(t::text, ' '), '') as text from (
       select connections::text as t from connections union all select sign_in_attempts::text from sign_in_attempts
       union all select directory_syncs::text from directory_syncs union all select audit_entries::text from audit_entries) all_rows`,
  );
  const text = rows[0]?.text ?? '';
  expect(text.length).toBeGreaterThan(1_000);
  for (const secret of [
    DIRECTORY_PASSWORD,
    PERSON_PASSWORD,
    'all-staff',
    'corp.example',
    CORP.bindDn,
    'Ana Example',
    '127.0.0.1',
    'CERTIFICATE',
  ])
    expect([secret, text.includes(secret) || text.includes(Buffer.from(secret).toString('hex'))]).toEqual([secret, false]);
});
