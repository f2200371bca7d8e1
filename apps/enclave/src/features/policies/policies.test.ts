import type { ConnectionId, CredentialId, Policies, Role, UserId } from '@privexbot/contract';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { deleteCredential, insertCredential } from '../auth/credentials-store.ts';
import { changeFacts } from '../auth/session-facts.fixture.ts';
import { insertConnection, type StoredConnection } from '../sso/store.ts';

const NONE: Policies = { mfa: 'off', ssoRequired: false, breakGlass: [], networks: [], captureDomains: false };
const MINUTE_MS = 60_000;
let names: NameServer;
let enclave: Enclave;
beforeAll(async () => {
  names = await startNameServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

const get = ({ client, org }: Person) => client.policies.get({ params: { org } });
const preview = ({ client, org }: Person, change: Partial<Policies>) =>
  client.policies.preview({ params: { org }, body: { ...NONE, ...change } });

async function set(admin: Person, change: Partial<Policies>) {
  const { revision } = await get(admin);
  return admin.client.policies.set({ params: { org: admin.org }, body: { policies: { ...NONE, ...change }, revision } });
}

async function join(admin: Person, role: Role): Promise<Person> {
  const email = `guest-${Math.random()}@example.com`;
  const { link } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role } });
  return { ...(await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' })), org: admin.org };
}

const enter = ({ client, org }: Person): Promise<string> =>
  client.organizations.get({ params: { org } }).then(
    () => 'in',
    (error: { code: string; details?: { policy?: string } }) => error.details?.policy ?? error.code,
  );

async function addTotp(user: UserId): Promise<CredentialId> {
  const { db, keyring, newId, now } = enclave.context;
  const credential = { id: newId('credential'), user, kind: 'totp' as const, content: {}, createdAt: now() };
  await db.transaction('environment', 'system', (tx) => insertCredential(keyring, tx, credential, null));
  return credential.id;
}

/** A connection in that state, tried or not, as far as policies look at one. */
async function addConnection({ org }: Person, part: Partial<StoredConnection> = {}): Promise<ConnectionId> {
  const { db, keyring, newId, now } = enclave.context;
  const provisioning = {
    createAccounts: false,
    role: 'tier4',
    allowAdmin: false,
    groups: [],
  } as unknown as StoredConnection['provisioning'];
  const settings = { issuer: 'https://idp.invalid', clientId: 'x', scopes: 'openid', groupsClaim: 'groups' };
  const id = newId('connection');
  const connection = {
    id,
    org,
    kind: 'oidc',
    state: 'active',
    createdAt: now(),
    name: 'Directory',
    product: 'generic',
    settings,
    secrets: {},
    provisioning,
  };
  const stored = { ...connection, revision: 1, testedAt: now().toISOString(), ...part } as StoredConnection;
  await db.transaction(org, 'system', (tx) => insertConnection(keyring, tx, stored));
  return id;
}

const secondFactor = (user: UserId) => changeFacts(enclave.context, user, { amr: ['pwd', 'otp', 'mfa'] });

test('a second factor is asked of members from the moment it is required, and never by whom it would keep out', async () => {
  const admin = await enclave.signUp();
  const member = await join(admin, 'tier2');
  await expect(set(admin, { mfa: 'own' })).rejects.toMatchObject({ code: 'locks_you_out', details: { reasons: 'second_factor' } });
  await addTotp(admin.user);
  await secondFactor(admin.user);
  expect(await preview(admin, { mfa: 'own' })).toEqual({
    members: 2,
    counts: { second_factor: 1 },
    locked: [{ user: member.user, name: expect.any(String), email: member.email, role: 'tier2', reasons: ['second_factor'] }],
    you: [],
    missing: [],
  });
  expect(await enter(member)).toBe('in');
  await set(admin, { mfa: 'own' });
  expect(await enter(member)).toBe('mfa_required');
  expect(await enter(admin)).toBe('in');
  await secondFactor(member.user);
  expect(await enter(member)).toBe('in');
  const { items } = await admin.client.audit.list({ params: admin, query: { limit: 100 } });
  expect(items).toContainEqual(expect.objectContaining({ action: 'policies.changed', facts: expect.objectContaining({ mfa: 'own' }) }));
  expect(items).toContainEqual(expect.objectContaining({ action: 'refused.mfa_required' }));
});

test('single sign-on can be required where an Admin may break the glass, and another connection is none', async () => {
  const admin = await enclave.signUp();
  const member = await join(admin, 'tier1');
  await addTotp(admin.user);
  await secondFactor(admin.user);
  await addConnection(admin);
  await expect(set(admin, { ssoRequired: true })).rejects.toMatchObject({ code: 'locks_you_out' });
  await expect(set(admin, { ssoRequired: true, breakGlass: [member.user] })).rejects.toMatchObject({ code: 'locks_you_out' });
  expect(await preview(admin, { ssoRequired: true, breakGlass: [admin.user] })).toMatchObject({
    counts: { sso: 1 },
    locked: [{ user: member.user, reasons: ['sso'] }],
    you: [],
    missing: [],
  });
  await set(admin, { ssoRequired: true, breakGlass: [admin.user] });
  expect(await enter(admin)).toBe('in');
  expect(await enter(member)).toBe('sso_required');
  const id = 'con_00000000000000000000000001' as ConnectionId;
  const other = await enclave.signUp();
  await changeFacts(enclave.context, member.user, { method: 'oidc', connection: { id, org: other.org } });
  expect(await enter(member)).toBe('sso_required');
  await changeFacts(enclave.context, member.user, { method: 'oidc', connection: { id, org: admin.org } });
  expect(await enter(member)).toBe('in');
  await expect(member.client.auth.token({ body: { org: admin.org } })).resolves.toBeDefined();
  await changeFacts(enclave.context, member.user, { method: 'oidc', connection: { id, org: other.org } });
  await expect(member.client.auth.token({ body: { org: admin.org } })).rejects.toMatchObject({ code: 'sso_required' });
});

test('who may break the glass is an Admin with a second factor', async () => {
  const admin = await enclave.signUp();
  const member = await join(admin, 'admin');
  const id = await addConnection(admin);
  await changeFacts(enclave.context, admin.user, { method: 'oidc', connection: { id, org: admin.org } });
  for (const breakGlass of [[], [member.user]])
    await expect(set(admin, { ssoRequired: true, breakGlass })).rejects.toMatchObject({ code: 'no_break_glass' });
  expect(await preview(admin, { ssoRequired: true, breakGlass: [member.user] })).toMatchObject({ missing: ['no_break_glass'] });
  await addTotp(member.user);
  await set(admin, { ssoRequired: true, breakGlass: [member.user] });
  expect(await enter(member)).toBe('mfa_required');
  await secondFactor(member.user);
  expect(await enter(member)).toBe('in');
});

test('Admins see that whoever might break the glass no longer could', async () => {
  const admin = await enclave.signUp();
  const second = await join(admin, 'admin');
  const id = await addConnection(admin);
  await changeFacts(enclave.context, admin.user, { method: 'oidc', connection: { id, org: admin.org } });
  const app = await addTotp(second.user);
  await set(admin, { ssoRequired: true, breakGlass: [second.user] });
  expect((await get(admin)).missing).toEqual([]);
  await enclave.context.db.transaction('environment', 'system', (tx) => deleteCredential(tx, app));
  expect((await get(admin)).missing).toEqual(['no_break_glass']);
  await expect(set(admin, { ssoRequired: true, breakGlass: [second.user], idleMinutes: 30 })).rejects.toMatchObject({
    code: 'no_break_glass',
  });
});

test('single sign-on is required once a connection was tested and is active, and the last one stays as long as it is', async () => {
  const admin = await enclave.signUp();
  const { client, org } = admin;
  await addTotp(admin.user);
  await secondFactor(admin.user);
  const required = { ssoRequired: true, breakGlass: [admin.user] };
  const refused = { code: 'no_connection' };
  await expect(set(admin, required)).rejects.toMatchObject(refused);
  for (const part of [{ state: 'tested' }, { kind: 'jwt' }] as const) await addConnection(admin, part);
  const untried = await addConnection(admin, { testedAt: undefined });
  await expect(set(admin, required)).rejects.toMatchObject(refused);
  expect(await preview(admin, required)).toMatchObject({ you: [], missing: ['no_connection'] });
  expect(await preview(admin, { ways: ['sso'] })).toMatchObject({ missing: ['no_connection', 'no_break_glass'] });
  expect((await get(admin)).policies.ssoRequired).toBe(false);

  await client.sso.remove({ params: { org, connection: untried } });
  const connection = await addConnection(admin);
  await set(admin, required);
  const other = { kind: 'oidc' as const, settings: { issuer: 'https://elsewhere.invalid', clientId: 'x' } };
  for (const end of [
    () => client.sso.deactivate({ params: { org, connection } }),
    () => client.sso.remove({ params: { org, connection } }),
    () => client.sso.change({ params: { org, connection }, body: { protocol: other } }),
  ])
    await expect(end()).rejects.toMatchObject({ code: 'last_connection' });
  expect(await client.sso.get({ params: { org, connection } })).toMatchObject({ state: 'active' });
  const second = await addConnection(admin);
  await client.sso.deactivate({ params: { org, connection } });
  await expect(client.sso.remove({ params: { org, connection: second } })).rejects.toMatchObject({ code: 'last_connection' });
  await client.sso.remove({ params: { org, connection } });
  await set(admin, {});
  await client.sso.remove({ params: { org, connection: second } });
});

test('of two who end the last two connections at once, one is refused', async () => {
  const admin = await enclave.signUp();
  const { client, org } = admin;
  await addTotp(admin.user);
  await secondFactor(admin.user);
  const connections = [await addConnection(admin), await addConnection(admin)];
  await set(admin, { ssoRequired: true, breakGlass: [admin.user] });
  const ends = connections.map((connection) => client.sso.deactivate({ params: { org, connection } }));
  const outcomes = await Promise.allSettled(ends);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('ways in, networks, age and idleness are held at every request, of API keys the network alone', async () => {
  const admin = await enclave.signUp();
  const member = await join(admin, 'tier2');
  const { key } = await member.client.apiKeys.create({ params: member, body: { name: 'k' } });
  const byKey = { ...member, client: enclave.client(key) };
  const { address } = await get(admin);

  await expect(set(admin, { ways: ['passkey'] })).rejects.toMatchObject({ code: 'locks_you_out' });
  await set(admin, { ways: ['password'] });
  await changeFacts(enclave.context, member.user, { method: 'evm' });
  expect([await enter(member), await enter(byKey)]).toEqual(['ways', 'in']);

  await expect(set(admin, { networks: ['203.0.113.0/24'] })).rejects.toMatchObject({ code: 'locks_you_out' });
  expect(await preview(admin, { networks: [`${address}/32`] })).toMatchObject({ counts: { address: 1 }, locked: [{ user: member.user }] });
  await set(admin, { networks: [`${address}/32`] });
  expect([await enter(admin), await enter(member), await enter(byKey)]).toEqual(['in', 'address', 'address']);

  await set(admin, { sessionMinutes: 60 });
  expect(await enter(member)).toBe('in');
  enclave.advance(61 * MINUTE_MS);
  expect([await enter(member), await enter(byKey)]).toEqual(['session_age', 'in']);
  await admin.client.auth.signIn({ body: admin });
  expect(await enter(admin)).toBe('in');
  const { client } = member;
  await client.auth.signIn({ body: member });
  expect(await enter(member)).toBe('in');

  await set(admin, { idleMinutes: 5 });
  for (let minute = 0; minute < 12; minute += 4) {
    expect(await enter(member)).toBe('in');
    enclave.advance(4 * MINUTE_MS);
  }
  enclave.advance(4 * MINUTE_MS);
  expect(await enter(member)).toBe('idle');
  expect(await enter(member)).toBe('idle');
  await client.auth.signIn({ body: member });
  expect(await enter(member)).toBe('in');
});

test('an activity that somebody put into the future does not keep a session alive', async () => {
  const admin = await enclave.signUp();
  await set(admin, { idleMinutes: 5 });
  expect(await enter(admin)).toBe('in');
  await enclave.forge(`update session_activity set seen_at = now() + interval '1 day' where org_id = $1`, [admin.org]);
  enclave.advance(6 * MINUTE_MS);
  expect(await enter(admin)).toBe('idle');
});

test('two Admins who change policies at once do not overwrite each other', async () => {
  const admin = await enclave.signUp();
  const { revision } = await get(admin);
  const setOnce = (n: number) =>
    admin.client.policies.set({ params: { org: admin.org }, body: { policies: { ...NONE, sessionMinutes: 100 + n }, revision } });
  const outcomes = await Promise.allSettled([1, 2, 3].map(setOnce));
  const codes = outcomes.map((one) => (one.status === 'fulfilled' ? 'set' : (one.reason as { code: string }).code));
  expect(codes.filter((code) => code === 'set')).toHaveLength(1);
  expect(codes.filter((code) => code === 'conflict')).toHaveLength(2);
  expect((await get(admin)).revision).toBe(1);
});

test.each([
  ['taken away', 'delete from policies where org_id = $1'],
  ['set back', `update policies set (version, sealed) = (select version, sealed from kept_policies) where org_id = $1`],
])('policies that were %s from outside let nobody in', async (_, sql) => {
  const admin = await enclave.signUp();
  await set(admin, { sessionMinutes: 100 });
  await enclave.forge('drop table if exists kept_policies');
  await enclave.forge(`create table kept_policies as select * from policies where org_id = '${admin.org}'`);
  await set(admin, { sessionMinutes: 101 });
  await enclave.forge(sql, [admin.org]);
  enclave.advance(2_000);
  expect(await enter(admin)).toBe('integrity_failed');
});

test('nobody makes an account for themselves with an address of a captured domain', async () => {
  const admin = await enclave.signUp();
  const domain = await admin.client.domains.add({ params: admin, body: { name: 'captured.test' } });
  names.zone.set(domain.record.name, [domain.record.value]);
  await admin.client.domains.verify({ params: { org: admin.org, domain: domain.id } });
  await enclave.signUp({ email: 'early@captured.test' });
  await set(admin, { captureDomains: true });
  await expect(enclave.signUp({ email: 'late@captured.test' })).rejects.toMatchObject({ code: 'sign_up_closed' });
  const email = 'asked@captured.test';
  const { link } = await admin.client.organizations.invite({ params: admin, body: { email, role: 'tier3' } });
  expect((await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' })).email).toBe(email);
  await enclave.signUp({ email: 'somebody@sub.captured.test' });
});
