import { randomBytes } from 'node:crypto';
import type { DataKeyId, OrgId } from '@privexbot/contract';
import { verifyReceipt } from '@privexbot/sdk';
import { makeKnowledge } from '@privexbot/testing/desk.ts';
import { createStorage, type Enclave, type Person, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listRotations } from '../../db/rotations.ts';
import { RootKeyProblem, type RootKeySource } from '../../keys/root-key.ts';
import { createMemorySource } from '../../keys/sources/memory.fixture.ts';
import { startRotation } from './rotate.ts';
import { rotateKeysJob } from './rotate-job.ts';

const PATIENCE = { timeout: 40_000, interval: 50 };
let storage: Storage;
let source: ReturnType<typeof createMemorySource>;
/** What the source does instead, by the name of the call. */
let instead: Partial<{ [K in keyof RootKeySource]: () => Promise<never> }>;

beforeEach(async () => {
  source = createMemorySource();
  instead = {};
  const rootKey = new Proxy<RootKeySource>(source, {
    get: (target, name: keyof RootKeySource) => instead[name] ?? target[name],
  });
  storage = { ...(await createStorage()), rootKey };
});
afterEach(() => storage[Symbol.asyncDispose]());

const unreachable = () => Promise.reject(new RootKeyProblem('unreachable', 'The source is away.'));
const stateOf = ({ client, org }: Person) => client.privacy.keys({ params: { org } });
const rotate = ({ client, org }: Person, body = {}) => client.privacy.rotate({ params: { org }, body });
const receiptsOf = async ({ client, org }: Person) => (await client.privacy.receipts({ params: { org } })).items;

async function untilRotated(person: Person): Promise<void> {
  await expect.poll(async () => (await stateOf(person)).rotation, PATIENCE).toBeUndefined();
}

async function epochsOf(enclave: Enclave): Promise<number[]> {
  return (await enclave.forge<{ epoch: number }>('select distinct epoch from keystore.keys order by epoch')).map(({ epoch }) => epoch);
}

/** Keys that a value is sealed under, many at a time. */
async function makeKeys(enclave: Enclave, org: OrgId, count: number): Promise<{ id: DataKeyId; sealed: Uint8Array }[]> {
  const { db, keyring, newId } = enclave.context;
  return db.transaction(org, 'system', async (tx) => {
    const ids = Array.from({ length: count }, () => newId('dataKey'));
    const keys = await keyring.createDataKeys(tx.keys, org, ids);
    return ids.map((id, n) => ({ id, sealed: keys[n]?.seal(new Uint8Array(), Buffer.from(id)) ?? new Uint8Array() }));
  });
}

async function expectOpen(enclave: Enclave, org: OrgId, keys: readonly { id: DataKeyId; sealed: Uint8Array }[]): Promise<void> {
  const { db, keyring } = enclave.context;
  await db.transaction(org, 'system', async (tx) => {
    for (const { id, sealed } of keys)
      expect(Buffer.from((await keyring.data(tx.keys, org, id)).open(new Uint8Array(), sealed)).toString()).toBe(id);
  });
}

test('a rotation moves every key while requests go on, destroys the old epoch, and leaves a receipt that anybody can check', async () => {
  const kept: { org: OrgId; keys: Awaited<ReturnType<typeof makeKeys>> }[] = [];
  let person: Person;
  {
    await using enclave = await startEnclave({ storage });
    person = await enclave.signUp();
    const other = await enclave.signUp();
    const params = await makeKnowledge(person, { leave: 'Staff receive 27 days of annual leave.' });
    for (const { org } of [person, other]) kept.push({ org, keys: await makeKeys(enclave, org, 700) });
    const before = await stateOf(person);
    expect(before).toMatchObject({ source: { kind: 'file', destruction: 'none' }, epoch: 1 });

    const started = await rotate(person, { backupsExpireAt: '2027-01-01T00:00:00Z' });
    expect(started.rotation).toMatchObject({ step: 'started', epoch: 2, keysRewrapped: 0, keysTotal: before.keys });
    let rounds = 0;
    while ((await stateOf(other)).rotation) {
      kept.push({ org: other.org, keys: await makeKeys(enclave, other.org, 3) });
      expect((await person.client.knowledge.search({ params, body: { text: 'days of leave' } })).hits).toHaveLength(1);
      rounds++;
    }
    expect(rounds).toBeGreaterThan(2);
    expect(await epochsOf(enclave)).toEqual([2]);
    expect([...source.keys.keys()]).toEqual([2]);

    const [signed] = await receiptsOf(person);
    expect(signed?.receipt).toMatchObject({
      source: 'file',
      epochs: [1],
      newEpoch: 2,
      backupsExpireAt: '2027-01-01T00:00:00Z',
      limits: [expect.stringMatching(/nothing here can show that it was destroyed/), expect.any(String), expect.any(String)],
    });
    const { keysRewrapped = 0 } = signed?.receipt ?? {};
    expect(keysRewrapped).toBeGreaterThanOrEqual(before.keys);
    expect(keysRewrapped).toBeLessThanOrEqual((await stateOf(person)).keys);
    await verifyReceipt(JSON.stringify(signed), signed?.identity);

    const log = (await person.client.audit.list({ params: person, query: { action: 'keys' } })).items;
    expect(log.map(({ action }) => action)).toEqual(['keys.rotated', 'keys.rotation_started']);
    expect(log[0]).toMatchObject({ actor: 'system', facts: { epoch: 2, keys: keysRewrapped, source: 'file' } });
  }
  // After a restart nothing but the new epoch is there, and everything opens.
  await using again = await startEnclave({ storage });
  for (const { org, keys } of kept) await expectOpen(again, org, keys);
});

test('the second rotation destroys what the first one made', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  for (const epoch of [2, 3]) {
    await rotate(person);
    await untilRotated(person);
    expect(await stateOf(person)).toMatchObject({ epoch });
  }
  expect((await receiptsOf(person)).map(({ receipt }) => receipt.epochs)).toEqual([[2], [1]]);
  expect([...source.keys.keys()]).toEqual([3]);
});

test('a rotation that was cut off goes on at the next start, and counts each key once', async () => {
  let keys: Awaited<ReturnType<typeof makeKeys>>;
  let person: Person;
  {
    await using enclave = await startEnclave({ storage });
    person = await enclave.signUp();
    keys = await makeKeys(enclave, person.org, 900);
    // It can go as far as the destruction.
    instead.destroyEpoch = () => Promise.reject(new Error('cut off'));
    instead.createEpoch = unreachable;
    await rotate(person);
    await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('internal');
    instead = { destroyEpoch: instead.destroyEpoch };
  }
  instead = {};
  await using again = await startEnclave({ storage });
  const total = keys.length;
  await expect.poll(async () => (await again.forge<{ state: string }>('select state from key_rotations'))[0]?.state, PATIENCE).toBe('done');
  await expectOpen(again, person.org, keys);
  const { db, keyring } = again.context;
  const [rotation] = await db.transaction('environment', 'system', async (tx) => listRotations(keyring, tx, 1));
  expect(rotation?.content.receipt?.receipt.keysRewrapped).toBeGreaterThan(total);
  expect(rotation?.content.receipt?.receipt.keysRewrapped).toBe(rotation?.content.keysTotal);
});

test('stopped between any two batches, it goes on where it was', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const keys = await makeKeys(enclave, person.org, 900);
  instead.createEpoch = unreachable;
  const { rotation } = await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('unreachable');
  instead = {};
  const job = { org: person.org, id: rotation?.id ?? '' };
  let stops = 0;
  for (;;) {
    const stop = new AbortController();
    const counted = (await stateOf(person)).rotation?.keysRewrapped ?? 0;
    const running = rotateKeysJob(enclave.context, job, stop.signal);
    const watching = expect
      .poll(async () => ((await stateOf(person)).rotation?.keysRewrapped ?? Number.POSITIVE_INFINITY) > counted, {
        ...PATIENCE,
        interval: 1,
      })
      .toBe(true);
    await watching;
    stop.abort(new Error('stopped'));
    if (
      await running.then(
        () => true,
        () => false,
      )
    )
      break;
    stops++;
  }
  expect(stops).toBeGreaterThan(1);
  await untilRotated(person);
  await expectOpen(enclave, person.org, keys);
  const [signed] = await receiptsOf(person);
  expect(signed?.receipt.keysRewrapped).toBe((await stateOf(person)).keys);
});

test.each(['createEpoch', 'openEpoch', 'epochs', 'destroyEpoch'] as const)(
  'a source that fails at %s makes the rotation wait, loses nothing, and is said; asked again it goes on',
  async (call) => {
    await using enclave = await startEnclave({ storage });
    const person = await enclave.signUp();
    const keys = await makeKeys(enclave, person.org, 10);
    instead[call] = unreachable;
    const first = await rotate(person);
    await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('unreachable');
    await expectOpen(enclave, person.org, keys);
    expect(source.keys.has(1)).toBe(true);
    instead = {};
    // Making keys goes on meanwhile, and the rotation is the same one.
    keys.push(...(await makeKeys(enclave, person.org, 2)));
    const again = await rotate(person);
    expect(again.rotation?.id ?? first.rotation?.id).toBe(first.rotation?.id);
    await untilRotated(person);
    await expectOpen(enclave, person.org, keys);
    expect(await receiptsOf(person)).toHaveLength(1);
  },
);

test('a source that refuses is not asked again until somebody says so: tokens lock after a few wrong PINs', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  let asked = 0;
  instead.createEpoch = () => {
    asked++;
    return Promise.reject(new RootKeyProblem('refused', 'The PIN is wrong.'));
  };
  await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('refused');
  const jobs = () => enclave.forge<{ state: string }>(`select state from pgboss.job where name = 'rotate-keys'`);
  await expect.poll(async () => (await jobs()).map(({ state }) => state), PATIENCE).toEqual(['completed']);
  expect(asked).toBe(1);
  instead = {};
  await rotate(person);
  await untilRotated(person);
});

test('a full disk makes it wait, and nothing is destroyed before there is space', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const keys = await makeKeys(enclave, person.org, 10);
  await enclave.forge(
    `create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$`,
  );
  await enclave.forge('create trigger full_disk before update on keystore.keys for each row execute function full_disk()');
  await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('storage_full');
  expect([...source.keys.keys()]).toEqual([1, 2]);
  await expectOpen(enclave, person.org, keys);
  await enclave.forge('drop trigger full_disk on keystore.keys');
  await rotate(person);
  await untilRotated(person);
  await expectOpen(enclave, person.org, keys);
});

test('a key that somebody put in place of the new one is refused, and nothing is wrapped under it', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  await makeKeys(enclave, person.org, 10);
  instead.openEpoch = unreachable;
  await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('unreachable');
  source.keys.set(2, randomBytes(32));
  instead = {};
  await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('damaged');
  expect(await epochsOf(enclave)).toEqual([1]);
  expect(source.keys.has(1)).toBe(true);
  // Nor is a key made under it.
  await expect(makeKeys(enclave, person.org, 1)).rejects.toThrow(/another key for epoch 2/);
});

test('a stored key that was changed stops the rotation before anything is destroyed', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const [key] = await makeKeys(enclave, person.org, 1);
  await enclave.forge('update keystore.keys set wrapped = set_byte(wrapped, 60, get_byte(wrapped, 60) # 1) where id = $1', [key?.id]);
  await rotate(person);
  await expect.poll(async () => (await stateOf(person)).rotation?.problem, PATIENCE).toBe('integrity_failed');
  expect(source.keys.has(1)).toBe(true);
});

test('a stored key that is set back to what it was before the rotation stays closed', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const [key] = await makeKeys(enclave, person.org, 1);
  const [row] = await enclave.forge<{ epoch: number; wrapped: Uint8Array }>('select epoch, wrapped from keystore.keys where id = $1', [
    key?.id,
  ]);
  await rotate(person);
  await untilRotated(person);
  await enclave.forge('update keystore.keys set epoch = $2, wrapped = $3 where id = $1', [key?.id, row?.epoch, row?.wrapped]);
  enclave.context.keyring.forget(key?.id ?? '');
  await expect(expectOpen(enclave, person.org, key ? [key] : [])).rejects.toThrow(/no key for epoch 1/);
});

test('two servers: both may be asked, one rotation is done, and keys that the other makes belong to the new epoch', async () => {
  await using first = await startEnclave({ storage });
  await using second = await startEnclave({ storage });
  const person = await first.signUp();
  const keys = await makeKeys(first, person.org, 500);
  keys.push(...(await makeKeys(second, person.org, 100)));
  const wish = { org: person.org, user: person.user, actor: person.user, backupsExpireAt: undefined };
  const started = await Promise.all([startRotation(first.context, wish), startRotation(second.context, wish), rotate(person)]);
  expect(new Set(started.map(({ rotation }) => rotation?.id)).size).toBe(1);
  while ((await stateOf(person)).rotation) keys.push(...(await makeKeys(second, person.org, 1)), ...(await makeKeys(first, person.org, 1)));
  keys.push(...(await makeKeys(second, person.org, 1)));
  expect(await epochsOf(first)).toEqual([2]);
  expect(await receiptsOf(person)).toHaveLength(1);
  for (const enclave of [first, second]) {
    for (const { id } of keys) enclave.context.keyring.forget(id);
    await expectOpen(enclave, person.org, keys);
  }
});

test('jobs that somebody wrote into the queue, and rotations that were set back, cost no key', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const keys = await makeKeys(enclave, person.org, 5);
  const before = await rotate(person);
  await untilRotated(person);
  const id = before.rotation?.id ?? '';
  const [done] = await enclave.forge<{ sealed: Uint8Array }>('select * from key_rotations where id = $1', [id]);
  for (const forged of ['rot_none', id, "x'; drop table key_rotations; --"])
    await rotateKeysJob(enclave.context, { org: person.org, id: forged }, new AbortController().signal);
  // A state that the seal does not hold.
  await enclave.forge(`update key_rotations set state = 'destroying'`);
  await rotateKeysJob(enclave.context, { org: person.org, id }, new AbortController().signal);
  await enclave.forge('update key_rotations set state = $1, sealed = $2', ['done', done?.sealed]);
  expect([...source.keys.keys()]).toEqual([2]);
  await expectOpen(enclave, person.org, keys);
});

test('rotations are for Admins, and not more often than the environment bears', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  const { link } = await person.client.organizations.invite({ params: person, body: { email: 'one@example.com', role: 'tier1' } });
  const member = await enclave.signUp({ email: 'one@example.com', invitation: link.split('#')[1] ?? '' });
  for (const call of [stateOf, rotate, receiptsOf])
    await expect(call({ ...member, org: person.org })).rejects.toMatchObject({ code: 'not_allowed' });
  const many = Array.from({ length: 20 }, () =>
    rotate(person).then(
      () => 'done',
      (error: { code: string }) => error.code,
    ),
  );
  expect(new Set(await Promise.all(many))).toEqual(new Set(['done', 'rate_limited']));
  await untilRotated(person);
});

test('a receipt that was changed in any part is refused', async () => {
  await using enclave = await startEnclave({ storage });
  const person = await enclave.signUp();
  await rotate(person);
  await untilRotated(person);
  const [signed] = await receiptsOf(person);
  if (!signed) throw new Error('there is no receipt');
  const { receipt } = signed;
  const changed: [string, object][] = [
    ['signature', { ...signed, receipt: { ...receipt, keysRewrapped: receipt.keysRewrapped + 1 } }],
    ['signature', { ...signed, receipt: { ...receipt, epochs: [...receipt.epochs, 9] } }],
    ['signature', { ...signed, receipt: { ...receipt, limits: [] } }],
    ['signature', { ...signed, receipt: { ...receipt, source: 'tpm' } }],
    ['signature', { ...signed, identity: Buffer.alloc(32, 1).toString('base64url') }],
    ['signature', { ...signed, signature: Buffer.alloc(64).toString('base64url') }],
    ['malformed', { ...signed, receipt: { ...receipt, more: 1 } }],
    ['malformed', { ...signed, format: 'another' }],
    ['malformed', {}],
  ];
  for (const [code, value] of changed)
    await expect(verifyReceipt(JSON.stringify(value)), code).rejects.toMatchObject({ name: 'ReceiptError', code });
  await expect(verifyReceipt('{')).rejects.toMatchObject({ code: 'malformed' });
  await expect(verifyReceipt(JSON.stringify(signed), 'A'.repeat(43))).rejects.toMatchObject({ code: 'identity' });
  // Members in another order and other spaces say the same.
  await verifyReceipt(JSON.stringify({ ...signed, receipt: Object.fromEntries(Object.entries(receipt).reverse()) }, null, 2));
});
