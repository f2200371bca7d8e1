import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import { sweepDomains } from './check.ts';
import { findDomainOwner, isOwnAddress, verifiedDomains } from './index.ts';

const DAY_MS = 24 * 60 * 60_000;
let names: NameServer;
let enclave: Enclave;
let made = 0;
beforeAll(async () => {
  names = await startNameServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

const newName = () => `company-${++made}.test`;
const owner = (name: string) => findDomainOwner(enclave.context.db, name);
const add = ({ client, org }: Person, name: string) => client.domains.add({ params: { org }, body: { name } });
const verify = ({ client, org }: Person, domain: string) => client.domains.verify({ params: { org, domain } });

/** A domain that its organization proved. */
async function proven(person: Person, name = newName()) {
  const domain = await add(person, name);
  names.zone.set(domain.record.name, [domain.record.value]);
  return verify(person, domain.id);
}

test('a domain counts once its record is found, however it is written, and no longer when it is given up', async () => {
  const person = await enclave.signUp();
  const name = newName();
  const domain = await add(person, ` ${name.toUpperCase()}. `);
  expect(domain).toMatchObject({ name, state: 'pending', record: { name: `_privexbot.${name}` } });
  expect(await owner(name)).toBeUndefined();

  expect(await verify(person, domain.id)).toMatchObject({ state: 'pending', finding: 'missing' });
  names.zone.set(domain.record.name, ['v=spf1 -all']);
  expect(await verify(person, domain.id)).toMatchObject({ state: 'pending', finding: 'different' });
  names.zone.set(domain.record.name, 'fails');
  expect(await verify(person, domain.id)).toMatchObject({ state: 'pending', finding: 'unreachable' });
  names.zone.set(domain.record.name, ['other', domain.record.value]);
  expect(await verify(person, domain.id)).toMatchObject({ state: 'verified', finding: 'found', verifiedAt: expect.any(String) });

  expect(await owner(`${name.toUpperCase()}.`)).toBe(person.org);
  expect(await owner(`mail.${name}`)).toBeUndefined();
  const { db } = enclave.context;
  await db.transaction(person.org, 'system', async (tx) => {
    expect(await isOwnAddress(db, tx, person.org, `Someone@${name}`)).toBe(true);
    expect(await isOwnAddress(db, tx, person.org, `someone@mail.${name}`)).toBe(false);
    expect([...(await verifiedDomains(db, tx, person.org))]).toEqual([name]);
  });

  await person.client.domains.remove({ params: { org: person.org, domain: domain.id } });
  expect(await owner(name)).toBeUndefined();
  const { items } = await person.client.audit.list({ params: person, query: { action: 'domain' } });
  expect(items.map(({ action }) => action)).toEqual([
    'domain.removed',
    'domain.verified',
    ...Array(3).fill('domain.checked'),
    'domain.added',
  ]);
  expect(JSON.stringify(items)).not.toContain(name);
});

test.each(['gmail.com', 'GMAIL.com.', 'hotmail.co.uk', 'company', '127.0.0.1', 'https://company.test', 'a..test'])(
  '%s is refused with a reason',
  async (name) => {
    const person = await enclave.signUp();
    await expect(add(person, name)).rejects.toMatchObject({ code: 'bad_request', details: { field: 'name' } });
    expect(await person.client.domains.list({ params: person })).toEqual([]);
  },
);

test('a domain stands in the list once, also when it is added twice at once', async () => {
  const person = await enclave.signUp();
  const name = newName();
  const results = await Promise.allSettled([1, 2, 3].map(() => add(person, name)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test("another organization's domain may be named, and stays a name while the owner's record is there", async () => {
  const [ours, theirs] = [await enclave.signUp(), await enclave.signUp()];
  const { id, name, record } = await proven(ours);
  const claim = await add(theirs, name);
  expect(claim.record.value).not.toBe(record.value);
  expect(await verify(theirs, claim.id)).toMatchObject({ state: 'pending', finding: 'different' });

  names.zone.set(record.name, [record.value, claim.record.value]);
  expect(await verify(theirs, claim.id)).toMatchObject({ state: 'pending', finding: 'taken' });
  expect(await owner(name)).toBe(ours.org);

  // Whoever controls the name decides.
  names.zone.set(record.name, [claim.record.value]);
  expect(await verify(theirs, claim.id)).toMatchObject({ state: 'verified' });
  expect(await owner(name)).toBe(theirs.org);
  expect(await ours.client.domains.list({ params: ours })).toMatchObject([{ id, state: 'lapsed' }]);
  const { items } = await ours.client.audit.list({ params: ours, query: { action: 'domain.lapsed' } });
  expect(items).toMatchObject([{ target: id, facts: { reason: 'proven_elsewhere' } }]);
  expect(await verify(ours, id)).toMatchObject({ state: 'lapsed', finding: 'different' });
});

test('two organizations that prove one domain at once: one has it', async () => {
  const people = [await enclave.signUp(), await enclave.signUp(), await enclave.signUp()];
  const name = newName();
  const claims = await Promise.all(people.map((person) => add(person, name)));
  names.zone.set(
    `_privexbot.${name}`,
    claims.map(({ record }) => record.value),
  );
  const outcomes = await Promise.allSettled(people.map((person, i) => verify(person, claims[i]?.id ?? '')));
  const states = outcomes.map((one) => (one.status === 'fulfilled' ? one.value.state : (one.reason as { code: string }).code));
  expect(states.filter((state) => state === 'verified')).toHaveLength(1);
  expect(await owner(name)).toBe(people[states.indexOf('verified')]?.org);
});

test('a verified domain is looked at again: a missing record is told at once and counts after a week', async () => {
  const person = await enclave.signUp();
  const { name, record } = await proven(person);
  const look = async () => (await person.client.domains.list({ params: person }))[0];
  expect(await sweepDomains(enclave.context)).toBe(0);
  names.zone.delete(record.name);
  enclave.advance(DAY_MS + 1);
  await sweepDomains(enclave.context);
  expect(await look()).toMatchObject({ state: 'verified', finding: 'missing', lapsesAt: expect.any(String) });
  expect(await owner(name)).toBe(person.org);

  names.zone.set(record.name, [record.value]);
  enclave.advance(DAY_MS / 4 + 1);
  await sweepDomains(enclave.context);
  expect((await look())?.lapsesAt).toBeUndefined();

  names.zone.set(record.name, 'fails');
  enclave.advance(7 * DAY_MS + 1);
  await sweepDomains(enclave.context);
  expect(await look()).toMatchObject({ state: 'lapsed', finding: 'unreachable' });
  expect(await owner(name)).toBeUndefined();
  await sweepDomains(enclave.context);
  names.zone.set(record.name, [record.value]);
  expect(await verify(person, (await look())?.id ?? '')).toMatchObject({ state: 'verified' });
});

test.each([
  ['a state that was changed', `update domains set state = 'verified' where id = $1`],
  ['a domain that was moved to another organization', `update domains set org_id = $2, state = 'verified' where id = $1`],
  ['a look-up value that was changed', `update domains set domain_index = decode(repeat('ab', 32), 'hex') where id = $1`],
])('%s is refused', async (_, sql) => {
  const [person, other] = [await enclave.signUp(), await enclave.signUp()];
  const domain = await add(person, newName());
  await enclave.forge(sql, sql.includes('$2') ? [domain.id, other.org] : [domain.id]);
  const reading = sql.includes("state = 'verified'") ? owner(domain.name) : person.client.domains.list({ params: person });
  await expect(reading).rejects.toMatchObject({ code: 'integrity_failed' });
});

test('a domain that was given up does not come back with an older row', async () => {
  const person = await enclave.signUp();
  const { id, name } = await proven(person);
  await enclave.forge('create table kept as select * from domains where id = $1', [id]);
  await person.client.domains.remove({ params: { org: person.org, domain: id } });
  await enclave.forge('insert into domains select * from kept');
  await expect(owner(name)).rejects.toMatchObject({ code: 'integrity_failed' });
  await enclave.forge('delete from domains where id = $1', [id]);
});
