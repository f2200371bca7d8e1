// Rows forged, moved, swapped and set back by whoever owns the database: each is refused, and the Admin reads of it.
import type { Client } from '@privexbot/sdk';
import { createStorage, type Enclave, PASSWORD, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLink } from './links.ts';
import { emailIndex } from './strategies/email.ts';

const REFUSED = { code: 'integrity_failed' };
const NOT_FOUND = { code: 'not_found' };
type Row = Record<string, unknown>;

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

/** Forges, and lets the second pass for which checked rows are remembered. */
async function forge(text: string, values: unknown[]): Promise<Row[]> {
  const rows = await enclave.forge<Row>(text, values);
  enclave.advance(1_500);
  return rows;
}

/** Puts a row back as it was. */
async function restore(table: string, row: Row | undefined): Promise<void> {
  if (!row) throw new Error('there was no such row');
  const names = Object.keys(row);
  await forge(`delete from ${table} where id = $1`, [row.id]);
  await forge(`insert into ${table} (${names}) values (${names.map((_, i) => `$${i + 1}`)})`, Object.values(row));
}

async function expectNamed({ client, org }: Person, table: string, id?: string): Promise<void> {
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.integrity_failed' } });
  expect(items.map(({ facts }) => facts)).toContainEqual(expect.objectContaining(id ? { table, id } : { table }));
}

async function join(admin: Person, role: 'tier1' | 'tier4'): Promise<Person> {
  const email = `${role}-${Math.random()}@example.com`;
  const { link } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role } });
  return enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
}

/** The same person on another device. */
async function again(person: Person): Promise<Person> {
  const client = enclave.client();
  await client.auth.signIn({ body: person });
  return { ...person, client };
}

test('a membership with a raised role', async () => {
  const admin = await enclave.signUp();
  const reader = await join(admin, 'tier4');
  await expect(reader.client.members.list({ params: reader })).rejects.toMatchObject({ code: 'not_allowed' });
  const [row] = await forge(`update memberships set role = 'admin' where user_id = $1 returning id`, [reader.user]);
  await expect(reader.client.members.list({ params: reader })).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'memberships', String(row?.id));
  // The person keeps the account; only that organization is out of reach.
  expect((await reader.client.auth.me()).organizations).toEqual([]);
});

test('a membership written for a stranger, or taken over from a member', async () => {
  const admin = await enclave.signUp();
  const stranger = await enclave.signUp();
  await forge(
    `insert into memberships select 'mem_' || substr($1, 5), org_id, $1, role, version, sealed, created_at from memberships where user_id = $2`,
    [stranger.user, admin.user],
  );
  await expect(stranger.client.organizations.get({ params: { org: admin.org } })).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'memberships');
  await forge('delete from memberships where user_id = $1 and org_id = $2', [stranger.user, admin.org]);
  await forge('update memberships set user_id = $1 where user_id = $2', [stranger.user, admin.user]);
  await expect(stranger.client.organizations.get({ params: { org: admin.org } })).rejects.toMatchObject(REFUSED);
});

test('a session moved to another person', async () => {
  const admin = await enclave.signUp();
  const thief = await enclave.signUp();
  const [row] = await forge('update sessions set user_id = $1 where user_id = $2 returning id', [admin.user, thief.user]);
  await expect(thief.client.auth.me()).rejects.toMatchObject(REFUSED);
  await expect(thief.client.members.list({ params: admin })).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'sessions', String(row?.id));
});

test('a session bound to another device', async () => {
  const admin = await enclave.signUp();
  const thief = await enclave.signUp();
  const hashes = 'select id, token_hash from sessions where user_id = any($1)';
  const [own] = await forge(hashes, [[thief.user]]);
  const [theirs] = await forge(hashes, [[admin.user]]);
  const bind = (id: unknown, hash: unknown) => forge('update sessions set token_hash = $2 where id = $1', [id, hash]);
  await bind(own?.id, Buffer.alloc(32));
  await bind(theirs?.id, own?.token_hash);
  await expect(thief.client.auth.me()).rejects.toMatchObject(REFUSED);
  await expect(thief.client.members.list({ params: admin })).rejects.toMatchObject(REFUSED);
  await expectNamed(await again(admin), 'sessions', String(theirs?.id));
  // And with the two swapped, so that each device finds a session that was sealed here.
  await bind(own?.id, theirs?.token_hash);
  await expect(admin.client.auth.me()).rejects.toMatchObject(REFUSED);
  await expect(thief.client.auth.me()).rejects.toMatchObject(REFUSED);
});

test('a session copied for another device', async () => {
  const admin = await enclave.signUp();
  const thief = await enclave.signUp();
  const [own] = await forge('delete from sessions where user_id = $1 returning token_hash', [thief.user]);
  await forge(
    `insert into sessions select 'ses_' || substr($1, 5), user_id, $2, expires_at, version, sealed, created_at from sessions where user_id = $3`,
    [thief.user, own?.token_hash, admin.user],
  );
  await expect(thief.client.auth.me()).rejects.toMatchObject(REFUSED);
  expect((await admin.client.auth.me()).id).toBe(admin.user);
});

test('a device whose session was forged signs in again, and that mends it', async () => {
  const admin = await enclave.signUp();
  const other = await enclave.signUp();
  await forge('update sessions set user_id = $1 where user_id = $2', [other.user, admin.user]);
  await expect(admin.client.auth.me()).rejects.toMatchObject(REFUSED);
  await admin.client.auth.signIn({ body: admin });
  expect((await admin.client.auth.me()).id).toBe(admin.user);
});

test('a session with an extended life', async () => {
  const admin = await enclave.signUp();
  await forge(`update sessions set expires_at = expires_at + interval '1 year' where user_id = $1`, [admin.user]);
  await expect(admin.client.auth.me()).rejects.toMatchObject(REFUSED);
});

test('a session that was ended', async () => {
  const admin = await enclave.signUp();
  const { session } = await admin.client.auth.me();
  const [row] = await forge('select * from sessions where id = $1', [session]);
  const other = enclave.client();
  await other.auth.signIn({ body: admin });
  await other.auth.endSession({ params: { session } });
  await expect(admin.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await restore('sessions', row);
  await expect(admin.client.auth.me()).rejects.toMatchObject(REFUSED);
  await expectNamed({ ...admin, client: other }, 'sessions', session);
});

test('an API key with the secret of another, of another person, or one that was revoked', async () => {
  const admin = await enclave.signUp();
  const reader = await join(admin, 'tier1');
  const params = { org: admin.org };
  const own = await reader.client.apiKeys.create({ params, body: { name: 'own' } });
  const revoked = await admin.client.apiKeys.create({ params, body: { name: 'revoked' } });
  const use = ({ key }: { key: string }) => enclave.client(key).organizations.get({ params });
  expect((await use(own)).id).toBe(admin.org);

  const [before] = await forge('select * from api_keys where id = $1', [revoked.id]);
  await admin.client.apiKeys.revoke({ params: { ...params, key: revoked.id } });
  await expect(use(revoked)).rejects.toMatchObject({ code: 'not_signed_in' });
  await restore('api_keys', before);
  await expect(use(revoked)).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'api_keys', revoked.id);

  const [row] = await forge('select * from api_keys where id = $1', [own.id]);
  await forge('update api_keys set user_id = $1 where id = $2', [admin.user, own.id]);
  await expect(use(own)).rejects.toMatchObject(REFUSED);
  await restore('api_keys', row);
  expect((await use(own)).id).toBe(admin.org);
  await forge('update api_keys set secret_hash = (select secret_hash from api_keys where id = $1) where id = $2', [revoked.id, own.id]);
  await expect(use(own)).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'api_keys', own.id);
});

test('a password set back to the one before', async () => {
  const admin = await enclave.signUp();
  const [row] = await forge('select * from users where id = $1', [admin.user]);
  await admin.client.auth.changePassword({ body: { current: PASSWORD, password: 'a new password' } });
  await forge('update users set version = $2, sealed = $3 where id = $1', [admin.user, row?.version, row?.sealed]);
  await expect(enclave.client().auth.signIn({ body: admin })).rejects.toMatchObject(REFUSED);
});

test("an account reached through another person's address", async () => {
  const victim = await enclave.signUp();
  const thief = await enclave.signUp();
  const index = (person: Person) => emailIndex(enclave.context.keyring, person.email);
  await forge('update users set email_index = $2 where id = $1', [victim.user, Buffer.from('parked')]);
  await forge('update users set email_index = $2 where id = $1', [thief.user, index(victim)]);
  await expect(enclave.client().auth.signIn({ body: { ...victim } })).rejects.toMatchObject(REFUSED);
});

test('a one-time link whose use was undone', async () => {
  const { user } = await enclave.signUp();
  const { keyring, now } = enclave.context;
  const token = createLink(keyring, 'sign-in', { id: user, links: 0 }, '', now()).split('#')[1] ?? '';
  const [row] = await forge('select * from users where id = $1', [user]);
  await enclave.client().auth.signInByLink({ body: { token } });
  await expect(enclave.client().auth.signInByLink({ body: { token } })).rejects.toMatchObject({ code: 'link_invalid' });
  await forge('update users set version = $2, sealed = $3 where id = $1', [user, row?.version, row?.sealed]);
  await expect(enclave.client().auth.signInByLink({ body: { token } })).rejects.toMatchObject(REFUSED);
});

test('an invitation that was used, grants more, or lives longer', async () => {
  const admin = await enclave.signUp();
  const params = { org: admin.org };
  const invite = async (email: string) => {
    const { id, link } = await admin.client.organizations.invite({ params, body: { email, role: 'tier4' } });
    return { id, invitation: link.split('#')[1] ?? '', email };
  };
  const used = await invite('used@example.com');
  const [row] = await forge('select * from invitations where id = $1', [used.id]);
  await enclave.signUp(used);
  await restore('invitations', row);
  const again = await enclave.signUp();
  const accept = (client: Client, { invitation }: { invitation: string }) => client.auth.acceptInvitation({ body: { invitation } });
  await expect(accept(again.client, used)).rejects.toMatchObject(REFUSED);
  await expectNamed(admin, 'invitations', used.id);

  for (const change of [`role = 'admin'`, `expires_at = expires_at + interval '1 year'`]) {
    const other = await invite(again.email);
    await forge(`update invitations set ${change} where id = $1`, [other.id]);
    await expect(accept(again.client, other)).rejects.toMatchObject(REFUSED);
    await expectNamed(admin, 'invitations', other.id);
  }
});

test('after a restart: sessions that do not add up are dropped, memberships that do not are refused', async () => {
  await using storage = await createStorage();
  let kept: Person;
  let robbed: Person;
  let colleague: Person;
  {
    await using before = await startEnclave({ storage });
    kept = await before.signUp();
    robbed = await before.signUp();
    const { link } = await robbed.client.organizations.invite({ params: robbed, body: { email: 'colleague@example.com', role: 'tier1' } });
    colleague = await before.signUp({ email: 'colleague@example.com', invitation: link.split('#')[1] ?? '' });
    await before.forge('delete from sessions where user_id = $1', [robbed.user]);
    await before.forge('delete from memberships where user_id = $1', [robbed.user]);
  }
  await using after = await startEnclave({ storage });
  expect((await after.client().auth.signIn({ body: kept })).organizations).toMatchObject([{ id: kept.org }]);
  expect(await after.forge('select id from sessions')).toHaveLength(1);
  for (const person of [robbed, colleague]) {
    const client = after.client();
    expect((await client.auth.signIn({ body: person })).organizations).toEqual([]);
    const refusal = person === robbed ? NOT_FOUND : REFUSED;
    await expect(client.organizations.get({ params: robbed })).rejects.toMatchObject(refusal);
  }
});
