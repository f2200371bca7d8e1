// Two companies with directories of their own, and what somebody tries who has an account at one of them, or speaks for it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provisioning } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { changeConnection } from './store.ts';

const ISSUER = 'https://portal.example/';
const AUDIENCE = 'privexbot';
const REFUSED = 'identity_refused';

let names: NameServer;
let enclave: Enclave;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
/** Where keys could be fetched from, and how often somebody did. */
const trap = { server: createServer((_, response) => response.end(`{"keys":[]}`)), visits: 0, url: '' };
let made = 0;

beforeAll(async () => {
  trap.server.on('connection', () => trap.visits++);
  await new Promise<void>((resolve) => trap.server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(trap.server.address() as AddressInfo).port}`;
  trap.url = `http://${host}/keys`;
  names = await startNameServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: host } });
  keys = await generateKeyPair('RS256', { extractable: true });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
  await new Promise((resolve) => trap.server.close(resolve));
});

interface Company {
  readonly admin: Person;
  readonly domain: string;
  readonly params: { org: Person['org']; connection: Awaited<ReturnType<Person['client']['sso']['create']>>['id'] };
}

/** An organization with a domain and a connection in use that makes accounts. */
async function openCompany({ domain = `company-${++made}.test`, isProven = true, provisioning = {} as Partial<Provisioning> } = {}) {
  const admin = await enclave.signUp();
  const { client, org } = admin;
  const { id, record } = await client.domains.add({ params: { org }, body: { name: domain } });
  if (isProven) names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
  const set = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] });
  const settings = { issuer: ISSUER, audience: AUDIENCE, keys: { set } };
  const body = { kind: 'jwt', name: 'Portal', settings, provisioning: { create: true, role: 'tier4', ...provisioning } } as const;
  const connection = await client.sso.create({ params: { org }, body });
  const company: Company = { admin, domain, params: { org, connection: connection.id } };
  if (!isProven) return company;
  await client.sso.test({ params: company.params, body: { token: await write(company, 'tester') } });
  await client.sso.activate({ params: company.params });
  return company;
}

/** A good token of the portal, but for what is changed. */
async function write({ domain }: Pick<Company, 'domain'>, sub: string, claims: object = {}, header: object = {}): Promise<string> {
  const at = Math.floor(enclave.context.now().getTime() / 1_000);
  const all = { iss: ISSUER, aud: AUDIENCE, sub, email: `${sub}@${domain}`, name: sub, iat: at, exp: at + 120, n: ++made, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(keys.privateKey);
}

async function exchange({ params }: Company, token: string, client: Client = enclave.client()) {
  enclave.advance(10_000); // so that no allowance is used up
  return { client, account: await client.sso.exchange({ body: { connection: params.connection, token } }) };
}

/** `in`, or the code of the refusal. */
const outcome = (at: Company, token: string) =>
  exchange(at, token).then(
    () => 'in',
    (error: { code: string }) => error.code,
  );
const lastCheck = async ({ admin, params }: Company) => (await admin.client.sso.attempts({ params }))[0]?.checks.at(-1)?.name;
const accounts = async () => (await enclave.forge<{ rows: number }>('select count(*)::int as rows from users'))[0]?.rows;

let company: Company;
beforeEach(async () => {
  company = await openCompany();
});

test('a token that brings a key, names one by address, or goes by another algorithm is refused, and nobody is asked for a key', async () => {
  const stranger = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(stranger.publicKey);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [, payload = ''] = (await write(company, 'victim')).split('.');
  const by = (header: object) => {
    const at = Math.floor(enclave.context.now().getTime() / 1_000);
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'victim', email: `victim@${company.domain}`, iat: at, exp: at + 120 };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(stranger.privateKey);
  };
  const { createHmac } = await import('node:crypto');
  const hmac = (secret: string) => {
    const signed = `${encode({ alg: 'HS256', kid: 'one' })}.${payload}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const pem = await exportSPKI(keys.publicKey);
  const before = await accounts();
  for (const token of [
    await by({ jwk }),
    await by({ jku: trap.url }),
    await by({ x5u: trap.url }),
    await by({ jku: trap.url, kid: 'two' }),
    await by({ kid: '../../../../dev/null' }),
    await by({ kid: "x' or '1'='1" }),
    await write(company, 'victim', {}, { crit: ['b64'], b64: true }),
    await write(company, 'victim', {}, { jku: trap.url, kid: trap.url }),
    ...['none', 'None', 'NONE'].map((alg) => `${encode({ alg, kid: 'one' })}.${payload}.`),
    ...[pem, pem.trim(), JSON.stringify(await exportJWK(keys.publicKey)), ''].map(hmac),
  ])
    expect(await outcome(company, token), token.slice(0, 80)).toBe(REFUSED);
  expect(trap.visits).toBe(0);
  expect(await accounts()).toBe(before);
});

test('a domain that is only named sends nobody to its directory, and lets nobody in by it', async () => {
  const { domain } = company;
  const rival = await openCompany({ domain, isProven: false });
  const routes = async (email: string) => (await enclave.client().credentials.start({ body: { email } })).connections.map(({ id }) => id);
  expect(await routes(`anybody@${domain}`)).not.toContain(rival.params.connection);
  const test = await rival.admin.client.sso.test({ params: rival.params, body: { token: await write(company, 'victim') } });
  expect(test).toMatchObject({ attempt: { outcome: 'test_failed' } });
  await expect(rival.admin.client.sso.activate({ params: rival.params })).rejects.toMatchObject({ code: 'test_first' });
  await expect(exchange(rival, await write(company, 'victim'))).rejects.toMatchObject({ code: 'not_found' });
});

test("a directory that asserts another company's people, or new ones at its domain, is refused and makes no account", async () => {
  const victim = await openCompany();
  await exchange(victim, await write(victim, 'known'));
  const before = await accounts();
  for (const email of [
    `known@${victim.domain}`,
    `new@${victim.domain}`,
    `new@sub.${company.domain}`,
    `new@${company.domain}.${victim.domain}`,
    `${company.domain}@${victim.domain}`,
    victim.admin.email,
    `new@${company.domain.replace('o', 'о')}`, // a Cyrillic letter
    `new@${company.domain}\0`,
    `"new@${company.domain}"@${victim.domain}`,
    `new@${victim.domain}@${company.domain}`,
  ])
    expect(await outcome(company, await write(company, 'mallory', { email })), email).toBe(REFUSED);
  expect(await accounts()).toBe(before);
});

test('what a directory says of a person is cut and cleaned, or refused, and opens nothing', async () => {
  const name = `<img src=x onerror=alert(1)>\u202e${'x'.repeat(5_000)}\0\n`;
  const { account } = await exchange(company, await write(company, 'shown', { name, __proto__: { admin: true } }));
  expect(account.name.length).toBeLessThanOrEqual(120);
  expect(account.name).not.toMatch(/[\0\n\u202e]/);
  expect(account.organizations).toMatchObject([{ role: 'tier4' }]);
  for (const sub of ['', ' ', 'x'.repeat(256), 'x'.repeat(5_000), 7, ['a'], { a: 1 }])
    expect(await outcome(company, await write(company, 'odd', { sub })), JSON.stringify(sub).slice(0, 9)).toBe(REFUSED);
  for (const groups of [Array(20_000).fill('a'), { toString: 'admin' }, 'admin', [null, 1, ['admin']], ['constructor', '__proto__']]) {
    const token = await write(company, 'grouped', { groups });
    const role = token.length > 8_192 ? undefined : (await exchange(company, token)).account.organizations[0]?.role;
    if (role) expect(role).toBe('tier4');
    else await expect(exchange(company, token)).rejects.toMatchObject({ code: expect.stringMatching(/identity_refused|bad_request/) });
  }
});

test('a session that began at another company’s directory does not enter where single sign-on is required', async () => {
  const { admin, params } = company;
  const other = await openCompany();
  const { client, account } = await exchange(other, await write(other, 'both'));
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email: account.email ?? '', role: 'tier2' } });
  await client.auth.acceptInvitation({ body: { invitation: link.split('#')[1] ?? '' } });
  const enters = () => client.organizations.get({ params: { org: admin.org } });
  expect((await enters()).id).toBe(admin.org);

  await proveSecondFactor(admin);
  await activateProvider(admin);
  const { policies, revision } = await admin.client.policies.get({ params: { org: admin.org } });
  const required = { ...policies, ssoRequired: true, breakGlass: [admin.user] };
  await admin.client.policies.set({ params: { org: admin.org }, body: { policies: required, revision } });
  await expect(enters()).rejects.toMatchObject({ code: 'sso_required', status: 403 });
  await expect(client.auth.token({ body: { org: admin.org } })).rejects.toMatchObject({ code: 'sso_required' });
  expect((await client.organizations.get({ params: { org: other.admin.org } })).id).toBe(other.admin.org);
  // Its own directory's do enter.
  const own = await exchange(company, await write(company, 'own'));
  expect((await own.client.organizations.get({ params: { org: params.org } })).id).toBe(admin.org);
});

test('an agency does not put an account of its own in the place of a person whom the directory will bring', async () => {
  const agency = await enclave.signUp();
  // Somebody of the agency took the address of the client's chief before the chief had an account.
  const email = `chief@${company.domain}`;
  const { link } = await agency.client.organizations.invite({ params: agency, body: { email, role: 'tier4' } });
  const squatter = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
  const offer = await company.admin.client.agencies.offer({ params: company.admin, body: { role: 'tier4' } });
  const accepted = await agency.client.agencies.accept({ params: agency, body: { token: offer.link.split('#')[1] ?? '' } });
  const assigned = { org: agency.org, client: accepted.id, member: squatter.user };
  await agency.client.agencies.assign({ params: assigned, body: { role: 'tier4' } });

  expect(await outcome(company, await write(company, 'chief'))).toBe(REFUSED);
  expect(await lastCheck(company)).toBe('member');
  expect((await squatter.client.credentials.security()).identities).toEqual([]);
});

test('a member who takes a colleague’s address gets none of what the directory says of the colleague', async () => {
  const { link } = await company.admin.client.organizations.invite({
    params: company.admin,
    body: { email: `plain@${company.domain}`, role: 'tier4' },
  });
  const member = await enclave.signUp({ email: `plain@${company.domain}`, invitation: link.split('#')[1] ?? '' });
  await member.client.credentials.changeEmail({ body: { email: `chief@${company.domain}` } });
  expect(await outcome(company, await write(company, 'chief'))).toBe(REFUSED);
  expect(await lastCheck(company)).toBe('member');
  expect((await member.client.credentials.security()).identities).toEqual([]);
  // Back at the address that an Admin invited, the directory knows the member again only once the address is proven.
  await member.client.credentials.changeEmail({ body: { email: `plain@${company.domain}` } });
  expect(await outcome(company, await write(company, 'plain'))).toBe(REFUSED);
});

test('a directory makes nobody new where the organization is suspended; who is a member signs in, and finds it closed', async () => {
  const { admin, params } = company;
  await exchange(company, await write(company, 'member'));
  await admin.client.organizations.suspend({ params: { org: params.org } });
  const before = await accounts();
  expect(await outcome(company, await write(company, 'new'))).toBe(REFUSED);
  expect(await accounts()).toBe(before);
  const { client, account } = await exchange(company, await write(company, 'member'));
  expect(account.organizations).toMatchObject([{ id: params.org, state: 'suspended' }]);
  const workspace = account.organizations[0]?.workspaces[0]?.id ?? admin.workspace;
  await expect(client.bots.list({ params: { org: params.org, workspace } })).rejects.toMatchObject({ code: 'organization_closed' });
});

test('a token counts once, also where the clock was set forward and back between', async () => {
  const token = await write(company, 'once');
  await exchange(company, token);
  expect(await outcome(company, token)).toBe(REFUSED);
  expect(await lastCheck(company)).toBe('replay');
  enclave.advance(-60_000);
  expect(await outcome(company, token)).toBe(REFUSED);
  enclave.advance(60_000);
});

test('of one new person at ten browsers at once there is one account', async () => {
  const before = (await accounts()) ?? 0;
  const tokens = await Promise.all(Array.from({ length: 10 }, () => write(company, 'crowd')));
  const all = await Promise.all(tokens.map((token) => exchange(company, token)));
  expect(new Set(all.map(({ account }) => account.id)).size).toBe(1);
  expect(await accounts()).toBe(before + 1);
});

test('a role that a directory gave does not outlive the rule: nobody keeps Admin by a race of sign-ins and changes of the map', async () => {
  const groups = [{ group: 'bosses', role: 'admin' as const, workspaces: [] }];
  const open = await openCompany({ provisioning: { admins: true, groups } });
  const { admin, params } = open;
  const { account } = await exchange(open, await write(open, 'boss', { groups: ['bosses'] }));
  expect(account.organizations[0]?.role).toBe('admin');
  const change = admin.client.sso.change({ params, body: { provisioning: { create: true, role: 'tier4', admins: false, groups } } });
  const tokens = await Promise.all([1, 2, 3].map(() => write(open, 'boss', { groups: ['bosses'] })));
  await Promise.allSettled([change, ...tokens.map((token) => exchange(open, token))]);
  await change;
  const { role } = await admin.client.members.get({ params: { org: admin.org, member: account.id } });
  expect(role).toBe('tier4');
});

/** A provider that people are sent to, as if it had been tested: without one, single sign-on can't be required. */
async function activateProvider({ client, org }: Person): Promise<void> {
  const settings = { issuer: 'https://idp.invalid', clientId: 'x' };
  const { id } = await client.sso.create({ params: { org }, body: { kind: 'oidc', name: 'Provider', settings } });
  const { db, keyring } = enclave.context;
  const testedAt = enclave.context.now().toISOString();
  await db.transaction(org, 'system', (tx) => changeConnection(keyring, tx, org, id, () => ({ state: 'active', testedAt })));
}

/** Signs the person in again with an authenticator app that is set up for it. */
async function proveSecondFactor({ client, email, password }: Person): Promise<void> {
  await client.auth.signIn({ body: { email, password } });
  const { challenge, secret } = await client.credentials.startTotp();
  const code = codeOf(secret, enclave.context.now());
  const { recoveryCodes = [] } = await client.credentials.confirmTotp({ body: { challenge, code } });
  const asked = await client.auth.signIn({ body: { email, password } }).catch((error: { details: { challenge: string } }) => error);
  if (!('details' in asked)) throw new Error('no second factor was asked for');
  const proof = { way: 'recovery', code: recoveryCodes[0] ?? '' } as const;
  await client.credentials.secondFactor({ body: { challenge: asked.details.challenge, proof } });
}
