import type { ConnectionId, OrgId, UserId } from '@privexbot/contract';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from './change-role.fixture.ts';
import { linkIdentity, listIdentities, unlinkIdentity } from './identities.ts';
import { type ConnectionRules, resolveIdentity } from './resolve.ts';
import type { Tx } from './store.ts';
import type { VerifiedIdentity } from './verified-identity.ts';

let enclave: Enclave;
let subjects = 0;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

const inEnvironment = <T>(fn: (tx: Tx) => Promise<T>) => enclave.context.db.transaction('environment', 'visitor', fn);

function wallet(subject = `0x${++subjects}`): VerifiedIdentity {
  const authTime = enclave.context.now();
  return { method: 'evm', issuer: 'evm', subject, label: subject, emailVerified: false, groups: [], amr: ['hwk'], authTime };
}

function directory(org: OrgId, email: string | undefined, connection = 'con_01jd0000000000000000000000'): VerifiedIdentity {
  const from = { id: connection as ConnectionId, org };
  return { ...wallet(), method: 'oidc', issuer: 'https://idp.example', connection: from, ...(email ? { email } : {}) };
}

function resolve(identity: VerifiedIdentity, rules?: ConnectionRules) {
  return inEnvironment((tx) => resolveIdentity(enclave.context, tx, identity, { ...(rules ? { rules } : {}) }));
}

const PROVISIONS: ConnectionRules = { ownsAddress: true, provisions: 'tier3' };

test('a wallet makes an account once, without an address, and is the same person after that', async () => {
  const identity = wallet();
  const first = await resolve(identity);
  expect(first).toMatchObject({ isNew: true, user: { emailVerified: false } });
  expect(first.user.email).toBeUndefined();
  expect(await resolve(identity)).toMatchObject({ isNew: false, user: { id: first.user.id } });
});

test("two connections' equal subjects are two people", async () => {
  const { org } = await enclave.signUp();
  const one = { ...directory(org, 'twin-a@acme.test'), subject: 'same' };
  const two = { ...directory(org, 'twin-b@acme.test', 'con_01jd0000000000000000000001'), subject: 'same' };
  const [a, b] = [await resolve(one, PROVISIONS), await resolve(two, PROVISIONS)];
  expect(a.user.id).not.toBe(b.user.id);
});

test('an address leads to a member where the organization owns its domain', async () => {
  const { org, user, email } = await enclave.signUp();
  expect(await resolve(directory(org, email), PROVISIONS)).toMatchObject({ isNew: false, user: { id: user } });
});

test.each([
  ['no_address', undefined, PROVISIONS],
  ['foreign_domain', 'new@elsewhere.test', { ...PROVISIONS, ownsAddress: false }],
  ['not_provisioned', 'unknown@acme.test', { ...PROVISIONS, provisions: undefined }],
] as const)('a connection is refused with %s, and makes no account', async (reason, email, rules) => {
  const { org } = await enclave.signUp();
  const [before] = await enclave.forge('select count(*) from users');
  await expect(resolve(directory(org, email), rules)).rejects.toMatchObject({ code: 'identity_refused', reason });
  expect(await enclave.forge('select count(*) from users')).toEqual([before]);
});

test("a connection does not reach another organization's person by address", async () => {
  const { org } = await enclave.signUp();
  const stranger = await enclave.signUp();
  await expect(resolve(directory(org, stranger.email), PROVISIONS)).rejects.toMatchObject({ reason: 'address_elsewhere' });
});

test('who was removed does not come back by the same identity', async () => {
  const { org } = await enclave.signUp();
  const identity = directory(org, `gone-${org}@acme.test`);
  const { user } = await resolve(identity, PROVISIONS);
  await changeRole(enclave.context, { user: user.id, org }, undefined);
  await expect(resolve(identity, PROVISIONS)).rejects.toMatchObject({ reason: 'not_member' });
});

test('an identity belongs to one person, and the last way in stays', async () => {
  const identity = wallet();
  const { user } = await resolve(identity);
  const other = await enclave.signUp();
  const link = (to: UserId, what: VerifiedIdentity) => inEnvironment((tx) => linkIdentity(enclave.context, tx, to, what));
  const unlink = (of: UserId, id: Awaited<ReturnType<typeof link>>) => inEnvironment((tx) => unlinkIdentity(enclave.context, tx, of, id));
  await expect(link(other.user, identity)).rejects.toMatchObject({ code: 'identity_taken' });
  const [only] = await inEnvironment((tx) => listIdentities(enclave.context.keyring, tx, user.id));
  if (!only) throw new Error('the wallet is not linked');
  await expect(unlink(user.id, only.id)).rejects.toMatchObject({ code: 'last_way_in' });
  const second = await link(user.id, wallet());
  await expect(unlink(other.user, second)).rejects.toMatchObject({ code: 'not_found' });
  await unlink(user.id, only.id);
  await expect(unlink(user.id, second)).rejects.toMatchObject({ code: 'last_way_in' });
});
