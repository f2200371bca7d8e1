// Tokens of a trusted issuer, exchanged for a session.
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../../providers/dns/name-server.fixture.ts';

const ISSUER = 'https://portal.corp.test/';
const AUDIENCE = 'privexbot';
const DOMAIN = 'corp.test';

let names: NameServer;
let enclave: Enclave;
let admin: Person;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let params: { org: Person['org']; connection: Awaited<ReturnType<Person['client']['sso']['create']>>['id'] };

beforeAll(async () => {
  names = await startNameServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address } });
  admin = await enclave.signUp();
  const { org, client } = admin;
  const { id: domain, record } = await client.domains.add({ params: { org }, body: { name: DOMAIN } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain } });
  keys = await generateKeyPair('ES256');
  const set = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] });
  const settings = { issuer: ISSUER, audience: AUDIENCE, keys: { set } };
  const provisioning = { create: true, groups: [{ group: 'staff', role: 'tier3' as const }] };
  const made = await client.sso.create({ params: { org }, body: { kind: 'jwt', name: 'Portal', settings, provisioning } });
  params = { org, connection: made.id };
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

let made = 0;
async function write(changes: Record<string, unknown> = {}, by = keys, header: object = {}): Promise<string> {
  const at = Math.floor(enclave.context.now().getTime() / 1_000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'p-1',
    email: `pat@${DOMAIN}`,
    groups: ['staff'],
    iat: at,
    exp: at + 120,
    n: ++made,
    ...changes,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'JWT', ...header }).sign(by.privateKey);
}

const exchange = (token: string, client = enclave.client()) => client.sso.exchange({ body: { connection: params.connection, token } });

test('a token is tested, then exchanged for a session of this device, once', async () => {
  const { client } = admin;
  await expect(exchange(await write())).rejects.toMatchObject({ code: 'not_found' });
  const tested = await client.sso.test({ params, body: { token: await write() } });
  expect(tested).toMatchObject({ attempt: { outcome: 'test_passed', mapping: { role: 'tier3' } } });
  await client.sso.activate({ params });

  const token = await write();
  const caller = enclave.client();
  const account = await exchange(token, caller);
  expect(account).toMatchObject({ email: `pat@${DOMAIN}`, organizations: [{ id: params.org, role: 'tier3' }] });
  expect((await caller.auth.me()).id).toBe(account.id);
  await expect(exchange(token)).rejects.toMatchObject({ code: 'identity_refused' });
  expect((await client.sso.attempts({ params }))[0]?.checks.at(-1)).toEqual({ name: 'replay', passed: false });
  // Programs bring it; nobody is sent anywhere.
  expect((await client.credentials.start({ body: { email: `pat@${DOMAIN}` } })).connections).toEqual([]);
});

test('a token of somebody else, for somebody else, without time or of another kind is refused, each with its check', async () => {
  const other = await generateKeyPair('ES256');
  const at = Math.floor(enclave.context.now().getTime() / 1_000);
  const refused: [string, Promise<string>][] = [
    ['signature', write({}, other)],
    ['keys', write({}, keys, { kid: 'two' })],
    ['document', write({}, keys, { typ: 'logout+jwt' })],
    ['issuer', write({ iss: ISSUER.slice(0, -1) })],
    ['audience', write({ aud: 'another' })],
    ['audience', write({ aud: [AUDIENCE, 'another'] })],
    ['time', write({ exp: undefined })],
    ['time', write({ exp: at - 100 })],
    ['time', write({ iat: at - 600, exp: at + 600 })],
    ['time', write({ iat: at + 600, exp: at + 900 })],
    ['subject', write({ sub: undefined })],
    ['domain', write({ email: 'pat@elsewhere.test', sub: 'p-2' })],
    ['document', Promise.resolve(`${await write()} `)],
    ['document', Promise.resolve('a.b.c')],
  ];
  for (const [check, token] of refused) {
    await expect(exchange(await token), check).rejects.toMatchObject({ code: 'identity_refused' });
    expect((await admin.client.sso.attempts({ params }))[0]?.checks.at(-1)).toMatchObject({ name: check, passed: false });
  }
});

test('a set of keys that holds none for signatures, or a private one, is refused when it is entered', async () => {
  const secret = JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] });
  for (const set of ['{}', 'no json', '{"keys":[]}', secret]) {
    const settings = { issuer: ISSUER, audience: AUDIENCE, keys: { set } };
    const create = admin.client.sso.create({ params: { org: params.org }, body: { kind: 'jwt', name: 'Portal', settings } });
    await expect(create).rejects.toMatchObject({ code: 'bad_request' });
  }
});
