// Every endpoint of an organization, called with each kind of API key, sealed and in plain, against the permission table.
import { type Endpoint, hasPermission, PERMISSIONS, type Permission, ROLES, type Role } from '@privexbot/contract';
import type { Enclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from '../features/auth/change-role.fixture.ts';
import { CHANGES_ALL, ENDPOINTS, nowhere, openWorlds, requestOf, type World } from './contract-walk.fixture.ts';

const MINUTE = 60_000;
/** Networks that no caller of a test comes from (RFC 5737). */
const ELSEWHERE = ['203.0.113.0/24'];

let enclave: Enclave;
let own: World;
let other: World;
let cases = 0;
const keys = {} as Record<'whole' | 'plain' | 'expired' | 'revoked' | 'elsewhere' | 'foreign' | 'altered', string> & Record<Role, string>;
const ofPrograms = {} as Record<Role, string>;
const scoped = {} as Record<Permission, string>;

beforeAll(async () => {
  ({ enclave, own, other } = await openWorlds());
  const { client, org } = own.admin;
  const make = async (body: object) => client.apiKeys.create({ params: { org }, body: { name: 'walk', ...body } });
  keys.whole = (await make({})).key;
  keys.plain = (await make({ plain: true })).key;
  keys.elsewhere = (await make({ networks: ELSEWHERE })).key;
  keys.foreign = other.things.apiKey ?? '';
  keys.altered = `${keys.whole.slice(0, -1)}${keys.whole.endsWith('A') ? 'B' : 'A'}`;
  keys.expired = (await make({ expiresAt: new Date(enclave.context.now().getTime() + MINUTE).toISOString() })).key;
  const revoked = await make({});
  keys.revoked = revoked.key;
  await client.apiKeys.revoke({ params: { org, key: revoked.id } });
  for (const permission of Object.keys(PERMISSIONS) as Permission[]) scoped[permission] = (await make({ scopes: [permission] })).key;
  // Made while the maker may, and used when the maker has another role.
  for (const role of ROLES) {
    const email = `keys-${role}@example.com`;
    const body = { email, role: role === 'tier4' ? ('tier2' as const) : role };
    const { link } = await client.organizations.invite({ params: { org }, body });
    const person = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
    keys[role] = (await person.client.apiKeys.create({ params: { org }, body: { name: role } })).key;
    if (role === 'tier4') await changeRole(enclave.context, { user: person.user, org }, 'tier4');
  }
  for (const role of ROLES) {
    if (role === 'admin') continue; // no program manages people
    const service = await client.serviceAccounts.create({ params: { org }, body: { name: role, role } });
    const inService = { org, service: service.id };
    ofPrograms[role] = (await client.serviceAccounts.createKey({ params: inService, body: { name: role } })).key;
  }
  enclave.advance(2 * MINUTE);
});
afterAll(async () => {
  console.log(`contract walk with keys: ${inOrganization.length} endpoints, ${cases} cases`);
  await enclave[Symbol.asyncDispose]();
});

// What ends the callers' memberships, or all of the organization, would leave nobody to go on with; the other walk calls it.
const inOrganization = ENDPOINTS.filter(([name, { access }]) => access !== 'public' && access !== 'account' && !CHANGES_ALL.includes(name));

async function codeOf(named: [string, Endpoint], key: string, { plain = false } = {}): Promise<string | undefined> {
  cases++;
  enclave.advance(1_000); // so that no allowance is used up
  const caller = plain ? enclave.bareTransport(undefined, key) : enclave.transport(key);
  const response = await caller(requestOf(named, nowhere(named, own.things), { headers: {} }));
  const text = await response.text();
  return response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
}

/** What would say that the key was refused, whatever the work then found. */
const REFUSALS = ['not_signed_in', 'not_allowed', 'key_scope', 'key_network', 'plain_key', 'sealed_only'];

async function expectLetIn(named: [string, Endpoint], key: string, options = {}): Promise<void> {
  expect(REFUSALS).not.toContain(await codeOf(named, key, options));
}

test.each(inOrganization)("%s takes a whole key with its maker's role of this moment", async (...named) => {
  for (const role of ROLES)
    if (hasPermission(role, named[1].access as Permission)) await expectLetIn(named, keys[role]);
    else expect(await codeOf(named, keys[role]), role).toBe('not_allowed');
});

test.each(inOrganization)("%s takes a program's key with the program's role", async (...named) => {
  for (const [role, key] of Object.entries(ofPrograms) as [Role, string][])
    if (hasPermission(role, named[1].access as Permission)) await expectLetIn(named, key);
    else expect(await codeOf(named, key), role).toBe('not_allowed');
});

test.each(inOrganization)('%s takes a key made for its permission, and no key made for another', async (...named) => {
  for (const [permission, key] of Object.entries(scoped))
    if (permission === named[1].access) await expectLetIn(named, key);
    else expect(await codeOf(named, key), permission).toBe('key_scope');
});

test.each(inOrganization)('%s takes no key that expired, was revoked, altered or is used from elsewhere', async (...named) => {
  for (const kind of ['expired', 'revoked', 'altered'] as const) expect(await codeOf(named, keys[kind]), kind).toBe('not_signed_in');
  expect(await codeOf(named, keys.elsewhere)).toBe('key_network');
});

test.each(inOrganization.filter(([, { path }]) => path.includes('/:org')))(
  "%s hides the organization from another's key",
  async (...named) => {
    expect(await codeOf(named, keys.foreign)).toBe('not_found');
  },
);

test.each(inOrganization)('%s takes in plain what was made for it, where the endpoint is for that, and nothing else', async (...named) => {
  expect(await codeOf(named, keys.whole, { plain: true })).toBe('sealed_only');
  if (named[1].plain) {
    await expectLetIn(named, keys.plain, { plain: true });
    await expectLetIn(named, keys.plain);
  } else {
    expect(await codeOf(named, keys.plain, { plain: true })).toBe('sealed_only');
    expect(await codeOf(named, keys.plain)).toBe('plain_key');
  }
});
