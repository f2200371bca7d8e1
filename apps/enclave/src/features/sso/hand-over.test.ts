// A connection that somebody without an account sets up by a link, with a real provider, and all that the link does not give.
import type { SsoConnection } from '@privexbot/contract';
import { type Client, createClient } from '@privexbot/sdk';
import { createDevice } from '@privexbot/testing/device.ts';
import { createStorage, type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { changeRole } from '../auth/change-role.fixture.ts';
import { type OidcProvider, startOidcProvider } from './oidc/oidc-provider.fixture.ts';

const HOUR = 60 * 60_000;
const SECRET = 'a-client-secret-9876';
const INVALID = { code: 'link_invalid' };
const running = new AsyncDisposableStack();
let idp: OidcProvider;
let names: NameServer;
let enclave: Enclave;
let replica: Enclave;
let made = 0;
beforeAll(async () => {
  idp = running.use(await startOidcProvider());
  names = running.use(await startNameServer());
  const storage = running.use(await createStorage());
  const settings = { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: idp.host };
  enclave = running.use(await startEnclave({ settings, storage, isReplica: true }));
  replica = running.use(await startEnclave({ settings, storage, isReplica: true }));
});
afterAll(() => running.disposeAsync());

interface Company {
  readonly admin: Person;
  readonly domain: { readonly id: string; readonly name: string; readonly record: { name: string; value: string } };
  readonly params: { org: Person['org']; connection: SsoConnection['id'] };
}
let company: Company;
beforeEach(async () => {
  company = await openCompany();
});

const settings = (changes: object = {}) => ({
  issuer: idp.issuer,
  clientId: 'privexbot',
  scopes: 'openid profile email groups',
  ...changes,
});

/** With a domain that is not proven yet, and a draft that gives a group the role of an Admin's choice. */
async function openCompany(): Promise<Company> {
  const admin = await enclave.signUp();
  const { org } = admin;
  const domain = await admin.client.domains.add({ params: { org }, body: { name: `handed-${++made}.test` } });
  const connection = await admin.client.sso.create({
    params: { org },
    body: {
      kind: 'oidc',
      name: 'Company directory',
      settings: settings({ issuer: 'https://idp.invalid' }),
      provisioning: { create: true, groups: [{ group: 'secret-project', role: 'tier1' }] },
    },
  });
  idp.register({ id: 'privexbot', secret: SECRET, redirectUri: connection.addresses.callback });
  idp.accounts.set('ida', { email: `ida@${domain.name}`, name: 'Ida of IT', groups: ['secret-project'] });
  return { admin, domain, params: { org, connection: connection.id } };
}

async function handOver({ admin, params }: Company): Promise<string> {
  const { link, expiresAt } = await admin.client.handOver.create({ params });
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1\/set-up#[\w-]{43}$/);
  expect(Date.parse(expiresAt) - enclave.context.now().getTime()).toBeLessThanOrEqual(24 * HOUR);
  return link.split('#')[1] ?? '';
}

/** A browser of the IT department that opened the link. */
async function openLink(at: Company, client = enclave.client()): Promise<Client> {
  await client.handOver.open({ body: { token: await handOver(at) } });
  return client;
}

const own = ({ params }: Company) => ({ params: { connection: params.connection } });
const state = async ({ admin, params }: Company) => (await admin.client.handOver.get({ params })).handOver?.state;
const protocol = (changes: object = {}) => ({
  protocol: { kind: 'oidc' as const, settings: settings(changes), secrets: { clientSecret: SECRET } },
});

async function takeTest(client: Client, at: Company) {
  const started = await client.handOver.test({ ...own(at), body: {} });
  if (!('url' in started)) throw new Error('no redirect');
  const response = await enclave.bareTransport()(new Request(await idp.signIn(started.url, 'ida')));
  const challenge = response.headers.get('location')?.split('#')[1] ?? '';
  return client.sso.complete({ body: { challenge } });
}

test('IT proves the domain, enters settings and tests; an Admin looks and makes it active, which ends the link', async () => {
  const { admin, domain, params } = company;
  const it = await openLink(company);
  const seen = await it.handOver.read(own(company));
  expect(seen).toMatchObject({ state: 'draft', kind: 'oidc', domains: [{ name: domain.name, state: 'pending', record: domain.record }] });
  expect(JSON.stringify(seen)).not.toMatch(/secret-project|tier1|provisioning|org_/);

  names.zone.set(domain.record.name, [domain.record.value]);
  const inDomain = { params: { connection: params.connection, domain: domain.id as never } };
  expect(await it.handOver.checkDomain(inDomain)).toMatchObject({ state: 'verified' });
  const changed = await it.handOver.change({ ...own(company), body: protocol() });
  expect(changed).toMatchObject({ settings: { issuer: idp.issuer }, secretEndings: { clientSecret: '9876' } });
  expect(JSON.stringify(changed)).not.toContain(SECRET);
  expect((await it.handOver.probe(own(company))).every(({ passed }) => passed)).toBe(true);

  const tested = await takeTest(it, company);
  expect(tested).toMatchObject({ outcome: 'tested', connection: params.connection, attempt: { outcome: 'test_passed' } });
  expect(JSON.stringify(tested)).not.toMatch(/tier1|mapping|org_/);
  const after = await it.handOver.read(own(company));
  expect(after).toMatchObject({ state: 'tested', lastTest: { outcome: 'test_passed', claims: { email: [`ida@${domain.name}`] } } });
  expect(JSON.stringify(after)).not.toMatch(/tier1|mapping|org_/);

  const { handOver: told } = await admin.client.handOver.get({ params });
  expect(told).toMatchObject({ state: 'used', device: 'Test', changedAt: expect.any(String), openedAt: expect.any(String) });
  const { testedAt } = await admin.client.sso.get({ params });
  await it.handOver.change({ ...own(company), body: protocol({ clientId: 'another' }) });
  await expect(admin.client.sso.activate({ params })).rejects.toMatchObject({ code: 'test_first' });
  await it.handOver.change({ ...own(company), body: protocol() });
  enclave.advance(10);
  await takeTest(it, company);
  await expect(admin.client.sso.activate({ params, query: { testedAt } })).rejects.toMatchObject({ code: 'conflict' });
  expect(await state(company)).toBe('used');
  expect(await admin.client.sso.activate({ params })).toMatchObject({ state: 'active', provisioning: { groups: [{ role: 'tier1' }] } });
  expect(await state(company)).toBe('ended');
  await expect(it.handOver.read(own(company))).rejects.toMatchObject(INVALID);
  await expect(it.handOver.change({ ...own(company), body: protocol() })).rejects.toMatchObject(INVALID);
  await expect(admin.client.handOver.create({ params })).rejects.toMatchObject({ code: 'bad_request' });

  const { items } = await admin.client.audit.list({ params: admin, query: { limit: 100 } });
  const byLink = items.filter(({ actorId }) => actorId === 'set-up link').map(({ action, target }) => `${action} ${target}`);
  expect([...new Set(byLink)].sort()).toEqual(
    [
      `connection.changed ${params.connection}`,
      `connection.hand_over_opened ${params.connection}`,
      `connection.probed ${params.connection}`,
      `connection.tested ${params.connection}`,
      `domain.verified ${domain.id}`,
    ].sort(),
  );
  expect(items.map(({ action }) => action)).toContain('connection.handed_over');
});

test('of ten browsers that open a link at once, at two servers, one has it', async () => {
  const token = await handOver(company);
  const browsers = Array.from({ length: 10 }, (_, i) => (i % 2 ? enclave : replica).client());
  const outcomes = await Promise.allSettled(browsers.map((client) => client.handOver.open({ body: { token } })));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of outcomes) if (one.status === 'rejected') expect(one.reason).toMatchObject(INVALID);
  const reads = await Promise.allSettled(browsers.map((client) => client.handOver.read(own(company))));
  expect(reads.map(({ status }) => status)).toEqual(outcomes.map(({ status }) => status));
});

test('an unknown, a used, a replaced, a revoked and an expired link are refused alike, and so is another device', async () => {
  const { admin, params } = company;
  const open = (token: string, client = enclave.client()) => client.handOver.open({ body: { token } });
  const refusals: unknown[] = [];
  const refused = async (call: Promise<unknown>) =>
    refusals.push(
      await call.then(
        () => 'let in',
        ({ code, status, message, details }) => ({ code, status, message, details }),
      ),
    );
  await refused(open('x'.repeat(43)));
  await refused(open(''));
  const used = await handOver(company);
  const it = enclave.client();
  await open(used, it);
  await refused(open(used));
  await refused(open(used, it));
  await refused(enclave.client().handOver.read(own(company)));
  await refused(admin.client.handOver.read(own(company)));
  await refused(it.handOver.read({ params: { connection: (await openCompany()).params.connection } }));
  await refused(it.handOver.read({ params: { connection: 'con_01jd0000000000000000000000' as never } }));
  const next = await handOver(company);
  await refused(it.handOver.read(own(company))); // a new link ends the one before
  await admin.client.handOver.revoke({ params });
  expect(await state(company)).toBe('ended');
  await expect(admin.client.handOver.revoke({ params })).rejects.toMatchObject({ code: 'not_found' });
  await refused(open(next));
  const late = await handOver(company);
  enclave.advance(24 * HOUR);
  await refused(open(late));
  expect(new Set(refusals.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(refusals[0])]));
  expect(refusals[0]).toMatchObject(INVALID);
});

test('a day after it was made the link gives nothing more to the device that opened it', async () => {
  const it = await openLink(company);
  enclave.advance(24 * HOUR - 60_000);
  await it.handOver.read(own(company));
  enclave.advance(60_000);
  await expect(it.handOver.read(own(company))).rejects.toMatchObject(INVALID);
  await expect(it.handOver.change({ ...own(company), body: protocol() })).rejects.toMatchObject(INVALID);
  const { admin } = company;
  await admin.client.auth.signIn({ body: { email: admin.email, password: admin.password } });
  expect(await state(company)).toBe('expired');
});

test('the link changes settings and secrets alone: name, roles, provisioning and state are refused', async () => {
  const { admin, params } = company;
  const it = await openLink(company);
  const before = await admin.client.sso.get({ params });
  const more = [
    { name: 'Other' },
    { provisioning: { admins: true, groups: [{ group: 'all', role: 'admin' }] } },
    { state: 'active' },
    { ...protocol(), provisioning: before.provisioning },
    { protocol: { kind: 'oidc', settings: settings({ role: 'admin' }) } },
    { protocol: { kind: 'jwt', settings: {} } },
  ];
  for (const body of more)
    await expect(it.handOver.change({ ...own(company), body: body as never })).rejects.toMatchObject({ code: 'bad_request' });
  expect(await admin.client.sso.get({ params })).toEqual(before);
  for (const call of [
    it.sso.list({ params }),
    it.sso.activate({ params }),
    it.sso.remove({ params }),
    it.sso.attempts({ params }),
    it.members.list({ params }),
    it.handOver.create({ params }),
    it.auth.me(),
  ] as Promise<unknown>[])
    await expect(call).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a secret goes to no other provider than the one it was entered for', async () => {
  const { admin, params } = company;
  await admin.client.sso.change({ params, body: protocol() });
  const it = await openLink(company);
  const body = { protocol: { kind: 'oidc' as const, settings: settings({ issuer: 'https://thief.invalid' }) } };
  expect(await it.handOver.change({ ...own(company), body })).toMatchObject({ secretEndings: {} });
});

test("the link knows no other organization's domains", async () => {
  const other = await openCompany();
  const it = await openLink(company);
  const call = it.handOver.checkDomain({ params: { connection: company.params.connection, domain: other.domain.id as never } });
  await expect(call).rejects.toMatchObject({ code: 'not_found' });
});

test('a test that was begun by the link is completed by its device alone, and by nobody once the link was revoked', async () => {
  const { admin, params, domain } = company;
  names.zone.set(domain.record.name, [domain.record.value]);
  await admin.client.domains.verify({ params: { org: admin.org, domain: domain.id as never } });
  await admin.client.sso.change({ params, body: protocol() });
  const it = await openLink(company);
  const begin = async () => {
    const started = await it.handOver.test({ ...own(company), body: {} });
    const response = await enclave.bareTransport()(new Request(await idp.signIn('url' in started ? started.url : '', 'ida')));
    return response.headers.get('location')?.split('#')[1] ?? '';
  };
  const challenge = await begin();
  await expect(admin.client.sso.complete({ body: { challenge } })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await admin.client.handOver.revoke({ params });
  await expect(it.sso.complete({ body: { challenge } })).rejects.toMatchObject(INVALID);
  expect(await admin.client.sso.get({ params })).toMatchObject({ state: 'draft' });
});

test('the link ends with the connection, with the organization, and with the rights of whoever made it', async () => {
  const { admin, params } = company;
  const first = await openLink(company);
  await admin.client.organizations.suspend({ params: admin });
  await expect(first.handOver.read(own(company))).rejects.toMatchObject(INVALID);
  await admin.client.organizations.reactivate({ params: admin });
  await first.handOver.read(own(company));

  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: `second-${made}@example.com`, role: 'admin' } });
  const second = await enclave.signUp({ email: `second-${made}@example.com`, invitation: link.split('#')[1] ?? '' });
  const theirs = { ...company, admin: { ...second, org: admin.org } };
  const it = await openLink(theirs);
  await it.handOver.read(own(company));
  const unopened = await handOver(theirs);
  await changeRole(enclave.context, { user: second.user, org: admin.org }, 'tier1');
  await expect(it.handOver.read(own(company))).rejects.toMatchObject(INVALID);
  await expect(enclave.client().handOver.open({ body: { token: unopened } })).rejects.toMatchObject(INVALID);

  const last = await openLink(company);
  await admin.client.sso.remove({ params });
  await expect(last.handOver.read(own(company))).rejects.toMatchObject(INVALID);
  await expect(last.handOver.change({ ...own(company), body: protocol() })).rejects.toMatchObject(INVALID);
});

test('a link is worth nothing without a device, and its token is stored nowhere', async () => {
  const { params } = company;
  const token = await handOver(company);
  const bare = createClient(enclave.bareTransport(enclave.openChannel()));
  await expect(bare.handOver.open({ body: { token } })).rejects.toMatchObject({ code: 'device_required' });
  const device = createDevice();
  await createClient(enclave.transport(device)).handOver.open({ body: { token } });
  // The same device in another sealed session.
  await createClient(enclave.transport(device)).handOver.read({ params: { connection: params.connection } });
  const rows = await enclave.forge('select * from connection_hand_overs where connection_id = $1', [params.connection]);
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'));
});

test('passwords of a directory are not guessed by test sign-ins, from however many networks', async () => {
  const { admin } = company;
  const { id } = await admin.client.sso.create({
    params: { org: admin.org },
    body: {
      kind: 'ldap',
      name: 'LDAP',
      settings: { url: `ldaps://${idp.host}`, bindDn: 'cn=reader,dc=corp', baseDn: 'dc=corp' },
      secrets: { bindPassword: 'x' },
    },
  });
  const at = { ...company, params: { org: admin.org, connection: id } };
  const device = createDevice();
  await openLink(at, createClient(enclave.transport(device)));
  const outcomes: string[] = [];
  for (let i = 0; i < 31; i++) {
    const call = createClient(enclave.transport(device)).handOver.test({ ...own(at), body: { name: 'ana', password: `${i}` } });
    outcomes.push(
      await call.then(
        (result) => ('attempt' in result ? result.attempt.outcome : ''),
        ({ code }) => code,
      ),
    );
  }
  expect(outcomes).toEqual([...Array(30).fill('test_failed'), 'rate_limited']);
});

test.each([
  ['whose end was moved', `update connection_hand_overs set expires_at = expires_at + interval '1 day' where connection_id = $1`],
  ['that was set back', `update connection_hand_overs set (version, sealed) = (select version, sealed from kept) where connection_id = $1`],
])('a link %s outside is refused', async (_, sql) => {
  const token = await handOver(company);
  const id = company.params.connection;
  await enclave.forge('create temporary table kept as select * from connection_hand_overs where connection_id = $1', [id]);
  const it = enclave.client();
  await it.handOver.open({ body: { token } });
  await enclave.forge(sql, [id]);
  await enclave.forge('drop table kept');
  await expect(it.handOver.read(own(company))).rejects.toMatchObject({ code: 'integrity_failed' });
  await enclave.forge('delete from connection_hand_overs where connection_id = $1', [id]);
});
