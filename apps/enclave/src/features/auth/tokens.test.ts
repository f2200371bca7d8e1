// Access tokens: worth something to the device they name, for five minutes, and no more than its session is worth.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Client, createClient } from '@privexbot/sdk';
import { createDevice, type Device, proofOf } from '@privexbot/testing/device.ts';
import { createStorage, type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from './change-role.fixture.ts';

const NOT_SIGNED_IN = { code: 'not_signed_in' };
const NOT_FOUND = { code: 'not_found' };
const MINUTE = 60_000;

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

interface Owner extends Person {
  readonly device: Device;
}

/** A person whose device the test holds, on that device. */
async function signUp(wish: Parameters<Enclave['signUp']>[0] = {}): Promise<Owner> {
  const person = await enclave.signUp(wish);
  const device = createDevice();
  const transport = enclave.transport(device);
  const client = createClient(transport);
  await client.auth.signIn({ body: person });
  return { ...person, device, transport, client };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const tokenOf = async ({ client }: { client: Client }, body: { org?: Person['org']; workspace?: Person['workspace'] } = {}) =>
  (await client.auth.token({ body })).token;

async function keySet(): Promise<JSONWebKeySet> {
  const response = await enclave.bareTransport()(new Request('http://privexbot.invalid/.well-known/jwks.json'));
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  return (await response.json()) as JSONWebKeySet;
}

/** As another service would, by the published keys alone. */
async function verified(token: string): Promise<JWTPayload> {
  const at = new Date((await enclave.context.now()).getTime());
  return (await jwtVerify(token, createLocalJWKSet(await keySet()), { algorithms: ['EdDSA'], currentDate: at })).payload;
}

test('another service checks a token by the published keys, and reads who, where, with which role, on which device', async () => {
  const { client, device, user, org, workspace } = await signUp();
  const { session } = await client.auth.me();
  const { token, expiresAt } = await client.auth.token({ body: { org, workspace } });
  const claims = await verified(token);
  expect(claims).toEqual({
    iss: expect.stringMatching(/^env_[0-9a-f]{32}$/),
    sub: user,
    sid: session,
    org,
    workspace,
    role: 'admin',
    pv: expect.any(Number),
    amr: ['pwd'],
    auth_time: expect.any(Number),
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: expect.any(Number),
    exp: (claims.iat ?? 0) + 300,
    cnf: { jkt: await calculateJwkThumbprint(device.publicJwk) },
  });
  expect(Date.parse(expiresAt)).toBe((claims.exp ?? 0) * 1_000);
  const [, key, ...later] = (await keySet()).keys;
  expect(later).toHaveLength(1);
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: key?.kid });
  expect(key?.kid).toBe(await calculateJwkThumbprint(key ?? {}));
  expect(Object.keys(key ?? {})).not.toContain('d');
  expect(Object.keys(await verified(await tokenOf({ client })))).toEqual([
    'iss',
    'sub',
    'sid',
    'amr',
    'auth_time',
    'jti',
    'iat',
    'exp',
    'cnf',
  ]);
});

test('keys change every thirty days: the next one is published before it signs, and a token outlives its own', async () => {
  const DAY = 24 * 60 * MINUTE;
  const owner = await signUp();
  const toChange = 30 * DAY - (enclave.context.now().getTime() % (30 * DAY));
  enclave.advance(toChange - MINUTE);
  // That long after, the session is over too.
  await owner.client.auth.signIn({ body: owner });
  const before = await keySet();
  const token = await tokenOf(owner, { org: owner.org });
  enclave.advance(2 * MINUTE);
  const after = await keySet();
  expect(after.keys.map(({ kid }) => kid).slice(0, 2)).toEqual(before.keys.map(({ kid }) => kid).slice(1));
  expect(await owner.client.organizations.get({ params: owner }, bearer(token))).toMatchObject({ id: owner.org });
  const next = await tokenOf(owner);
  expect([decodeProtectedHeader(token).kid, decodeProtectedHeader(next).kid]).toEqual([before.keys[1]?.kid, before.keys[2]?.kid]);
  expect(await verified(token)).toMatchObject({ org: owner.org });
});

test('a token for another service says so, is no other than any before, and opens nothing here', async () => {
  const owner = await signUp();
  const body = { org: owner.org, audience: 'https://reports.example' };
  const { token } = await owner.client.auth.token({ body });
  const claims = await verified(token);
  expect(claims).toMatchObject({ aud: 'https://reports.example', org: owner.org });
  expect((await verified((await owner.client.auth.token({ body })).token)).jti).not.toBe(claims.jti);
  await expect(owner.client.organizations.get({ params: owner }, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  for (const audience of ['', 'a b', 'x'.repeat(201), 'caf\u00e9'])
    await expect(owner.client.auth.token({ body: { audience } })).rejects.toMatchObject({ code: 'bad_request' });
});

test('the key that signs is the same after a restart, and another environment has another', async () => {
  await using storage = await createStorage();
  const start = async (given: Awaited<ReturnType<typeof createStorage>>) => {
    await using one = await startEnclave({ storage: given });
    return (await one.client().auth.tokenKeys()).keys[0]?.kid;
  };
  const first = await start(storage);
  expect(await start(storage)).toBe(first);
  await using other = await createStorage();
  expect(await start(other)).not.toBe(first);
});

test('a token works on its device, and an own account needs one that is not narrowed', async () => {
  const person = await signUp();
  const { client, org, email } = person;
  const whole = bearer(await tokenOf(person));
  expect((await client.auth.me({}, whole)).email).toBe(email);
  expect((await client.members.list({ params: { org } }, whole)).found).toBe(1);
  const narrow = bearer(await tokenOf(person, { org }));
  expect((await client.members.list({ params: { org } }, narrow)).found).toBe(1);
  expect((await client.organizations.ofKey({}, narrow)).id).toBe(org);
  await expect(client.auth.me({}, narrow)).rejects.toMatchObject(NOT_SIGNED_IN);
  await expect(client.auth.token({ body: {} }, narrow)).rejects.toMatchObject(NOT_SIGNED_IN);
});

test('a stolen token is nobody: in plain, in a sealed session without a device, or with another one', async () => {
  const victim = await signUp();
  const thief = await signUp();
  const token = await tokenOf(victim);
  await expect(createClient(enclave.bareTransport()).openai.models({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  const callers = [createClient(enclave.bareTransport(enclave.openChannel())), createClient(enclave.transport()), thief.client];
  for (const caller of callers) await expect(caller.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
});

test('a token works in any sealed session in which its device was proven', async () => {
  const { client, device, email } = await signUp();
  const token = await tokenOf({ client });
  const channel = enclave.openChannel();
  const later = createClient(enclave.bareTransport(channel));
  await expect(later.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  await later.auth.proveDevice({ body: proofOf(device, channel) });
  expect((await later.auth.me({}, bearer(token))).email).toBe(email);
});

test('a token for one organization or workspace works in no other', async () => {
  const person = await signUp();
  const other = await enclave.signUp();
  const { link } = await other.client.organizations.invite({ params: other, body: { email: person.email, role: 'admin' } });
  await person.client.auth.acceptInvitation({ body: { invitation: link.split('#')[1] ?? '' } });
  const members = (org: Person['org'], token: string) => person.client.members.list({ params: { org } }, bearer(token));
  const own = await tokenOf(person, { org: person.org });
  const theirs = await tokenOf(person, { org: other.org });
  expect((await members(other.org, theirs)).found).toBe(2);
  await expect(members(other.org, own)).rejects.toMatchObject(NOT_FOUND);
  await expect(members(person.org, theirs)).rejects.toMatchObject(NOT_FOUND);

  const { org, workspace } = person;
  const second = await person.client.organizations.createWorkspace({ params: { org }, body: { name: 'Second' } });
  const narrow = bearer(await tokenOf(person, { org, workspace }));
  expect(await person.client.bots.list({ params: { org, workspace } }, narrow)).toEqual([]);
  await expect(person.client.bots.list({ params: { org, workspace: second.id } }, narrow)).rejects.toMatchObject(NOT_FOUND);
  await expect(person.client.organizations.get({ params: { org } }, narrow)).rejects.toMatchObject(NOT_FOUND);
});

test('a token is given for organizations and workspaces of the person only', async () => {
  const { client, org } = await signUp();
  const other = await enclave.signUp();
  await expect(client.auth.token({ body: { org: other.org } })).rejects.toMatchObject(NOT_FOUND);
  await expect(client.auth.token({ body: { org, workspace: other.workspace } })).rejects.toMatchObject(NOT_FOUND);
  await expect(client.auth.token({ body: { workspace: other.workspace } })).rejects.toMatchObject({ code: 'bad_request' });
});

test('a token ends after five minutes to the second, and one from the future is not taken', async () => {
  const person = await signUp();
  const token = await tokenOf(person);
  const { iat = 0, exp = 0 } = await verified(token);
  const goTo = (seconds: number) => enclave.advance(seconds * 1_000 - enclave.context.now().getTime());
  goTo(exp - 0.2);
  expect((await person.client.auth.me({}, bearer(token))).id).toBe(person.user);
  goTo(exp);
  await expect(person.client.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  goTo(iat - 1);
  await expect(person.client.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  enclave.advance(10 * MINUTE);
});

test('a token ends with its session: signed out, ended elsewhere, replaced, or by a new password', async () => {
  const endings: ((person: Owner, other: Client) => Promise<unknown>)[] = [
    ({ client }) => client.auth.signOut(),
    async ({ client }, other) => other.auth.endSession({ params: { session: (await client.auth.me()).session } }),
    ({ client, email, password }) => client.auth.signIn({ body: { email, password } }),
    ({ password }, other) => other.auth.changePassword({ body: { current: password, password: 'another password' } }),
  ];
  for (const end of endings) {
    const person = await signUp();
    const other = enclave.client();
    await other.auth.signIn({ body: person });
    const token = await tokenOf(person);
    await end(person, other);
    await expect(person.client.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
  }
});

test('a token of the person who signed in before on the same device is nobody', async () => {
  const person = await signUp();
  const token = await tokenOf(person);
  const next = await enclave.signUp();
  await person.client.auth.signIn({ body: next });
  await expect(person.client.auth.me({}, bearer(token))).rejects.toMatchObject(NOT_SIGNED_IN);
});

test('a role that changes, and a member who goes, count at once, whatever the token says; its permission version tells', async () => {
  const admin = await enclave.signUp();
  const params = { org: admin.org };
  const { link } = await admin.client.organizations.invite({ params, body: { email: 'two@example.com', role: 'tier1' } });
  const member = await signUp({ email: 'two@example.com', invitation: link.split('#')[1] ?? '' });
  const token = await tokenOf(member, params);
  const logs = () => member.client.audit.list({ params }, bearer(token));
  expect((await logs()).items.length).toBeGreaterThan(0);
  const before = await verified(token);
  expect(before.role).toBe('tier1');

  await changeRole(enclave.context, { user: member.user, org: admin.org }, 'tier3');
  await expect(logs()).rejects.toMatchObject({ code: 'not_allowed' });
  const after = await verified(await tokenOf(member, params));
  expect(after.role).toBe('tier3');
  expect(Number(after.pv)).toBeGreaterThan(Number(before.pv));

  await changeRole(enclave.context, { user: member.user, org: admin.org }, undefined);
  await expect(logs()).rejects.toMatchObject(NOT_FOUND);
  await expect(tokenOf(member, params)).rejects.toMatchObject(NOT_FOUND);
});

test('a token that was changed in any letter, or signed by anybody else, is nobody', async () => {
  const person = await signUp();
  const token = await tokenOf(person);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const own = generateKeyPairSync('ed25519');
  const { x = '' } = own.publicKey.export({ format: 'jwk' });
  const [key] = (await keySet()).keys;
  const signWith = (head: object, body = payload) => {
    const signed = `${encode(head)}.${body}`;
    return `${signed}.${sign(null, Buffer.from(signed), own.privateKey).toString('base64url')}`;
  };
  const hmac = (head: object) => {
    const signed = `${encode(head)}.${payload}`;
    return `${signed}.${createHash('sha256').update(`${key?.x}${signed}`).digest('base64url')}`;
  };
  const flipped = Array.from({ length: 60 }, (_, n) => {
    const at = Math.floor((n * (token.length - 2)) / 60); // the last letter holds two bits that say nothing
    return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  }).filter((one) => one.split('.').length === 3);
  const forged = [
    `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
    hmac({ alg: 'HS256', typ: 'JWT', kid: key?.kid }),
    signWith({ alg: 'EdDSA', typ: 'JWT', kid: key?.kid }),
    signWith({ alg: 'EdDSA', typ: 'JWT', jwk: { kty: 'OKP', crv: 'Ed25519', x } }),
    `${header}.${encode({ ...claims, exp: (claims.exp ?? 0) + 1 })}.${signature}`,
    `${header}.${payload}`,
    `${token}.${signature}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `${header}.${payload}.${signature}${'A'.repeat(4_000)}`,
    ...flipped,
  ];
  for (const one of forged) await expect(person.client.auth.me({}, bearer(one)), one).rejects.toMatchObject(NOT_SIGNED_IN);
  expect(flipped.length).toBeGreaterThan(50);
});

test('a token is given in the sealed channel only, to a session and not to an API key', async () => {
  const { client, org } = await signUp();
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'k' } });
  await expect(enclave.client(key).auth.token({ body: {} })).rejects.toMatchObject(NOT_SIGNED_IN);
});
