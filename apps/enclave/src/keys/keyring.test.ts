import { createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import type { DataKeyId, OrgId } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { databasePassword, equalBytes, Keyring, type KeyStore, type StoredKey } from './keyring.ts';
import { createMemorySource } from './sources/memory.fixture.ts';

const ORG = 'org_01jd0000000000000000000000' as OrgId;
const OTHER = 'org_01jd0000000000000000000001' as OrgId;
const DATA = 'key_01jd0000000000000000000000' as DataKeyId;
const AAD = new Uint8Array([1]);

function createStore(rows = new Map<string, StoredKey>()): KeyStore & { readonly rows: Map<string, StoredKey> } {
  return {
    rows,
    find: async (id) => rows.get(id),
    async insert(keys) {
      for (const key of keys) rows.set(key.id, key);
    },
  };
}

test('keys made before a restart open what was sealed with them', async () => {
  const source = createMemorySource();
  const store = createStore();
  const before = await Keyring.open(source, store);
  await before.createOrganizationKey(store, ORG);
  const sealed = (await before.createDataKey(store, ORG, DATA)).seal(AAD, Buffer.from('kept'));
  const row = before.environment.seal(AAD, Buffer.from('row'));
  const after = await Keyring.open(source, store);
  expect(Buffer.from((await after.data(store, ORG, DATA)).open(AAD, sealed)).toString()).toBe('kept');
  expect(Buffer.from(after.environment.open(AAD, row)).toString()).toBe('row');
  expect(after.blindIndex('email', 'a@b.c')).toEqual(before.blindIndex('email', 'a@b.c'));
});

test('several data keys made at once come in the order of their ids', async () => {
  const store = createStore();
  const keyring = await Keyring.open(createMemorySource(), store);
  await keyring.createOrganizationKey(store, ORG);
  const ids = Array.from({ length: 5 }, (_, n) => `key_01jd000000000000000000000${n}` as DataKeyId);
  const keys = await keyring.createDataKeys(store, ORG, ids);
  for (const [n, id] of ids.entries()) {
    keyring.forget(id);
    const sealed = keys[n]?.seal(AAD, Buffer.from(id)) ?? new Uint8Array();
    expect(Buffer.from((await keyring.data(store, ORG, id)).open(AAD, sealed)).toString()).toBe(id);
  }
  expect(await keyring.createDataKeys(store, ORG, [])).toEqual([]);
});

test('another root key is refused with what to do, and changes nothing', async () => {
  const store = createStore();
  await Keyring.open(createMemorySource(), store);
  const before = structuredClone([...store.rows]);
  await expect(Keyring.open(createMemorySource(), store)).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/does not open this data.*Set PRIVEXBOT_ROOT_KEY.*Nothing was changed/),
  });
  expect([...store.rows]).toEqual(before);
});

test('a data key that was destroyed stays closed, whoever asks', async () => {
  const source = createMemorySource();
  const store = createStore();
  const keyring = await Keyring.open(source, store);
  await keyring.createOrganizationKey(store, ORG);
  await keyring.createDataKey(store, ORG, DATA);
  store.rows.delete(DATA);
  keyring.forget(DATA);
  await expect(keyring.data(store, ORG, DATA)).rejects.toMatchObject({ name: 'SealError' });
  await expect((await Keyring.open(source, store)).data(store, ORG, DATA)).rejects.toMatchObject({ name: 'SealError' });
});

test('a key that could not be opened is looked for again, not remembered as missing', async () => {
  const store = createStore();
  const keyring = await Keyring.open(createMemorySource(), store);
  await keyring.createOrganizationKey(store, ORG);
  const failing: KeyStore = { ...store, find: () => Promise.reject(new Error('the database is away')) };
  await keyring.createDataKey(store, ORG, DATA);
  keyring.forget(DATA);
  await expect(keyring.data(failing, ORG, DATA)).rejects.toThrow('away');
  await keyring.data(store, ORG, DATA);
});

test("another organization's key does not open, asked for by name, moved or relabelled, remembered or not", async () => {
  const source = createMemorySource();
  const store = createStore();
  const keyring = await Keyring.open(source, store);
  for (const org of [ORG, OTHER]) await keyring.createOrganizationKey(store, org);
  await keyring.createDataKey(store, ORG, DATA);
  await expect(keyring.data(store, OTHER, DATA)).rejects.toMatchObject({ name: 'SealError' });
  const fresh = await Keyring.open(source, store);
  await expect(fresh.data(store, OTHER, DATA)).rejects.toMatchObject({ name: 'SealError' });
  const row = store.rows.get(DATA);
  if (!row) throw new Error('no key was stored');
  store.rows.set(DATA, { ...row, org_id: OTHER });
  await expect(fresh.data(store, OTHER, DATA)).rejects.toMatchObject({ name: 'SealError' });
});

test.each<[string, Partial<StoredKey>]>([
  ['kind', { kind: 'organization' }],
  ['epoch', { epoch: 2 }],
  ['id', { id: 'key_01jd0000000000000000000009' }],
])('a stored key whose %s was changed does not open', async (_, change) => {
  const source = createMemorySource();
  const store = createStore();
  const keyring = await Keyring.open(source, store);
  source.keys.set(2, await source.openEpoch(1));
  await keyring.createOrganizationKey(store, ORG);
  await keyring.createDataKey(store, ORG, DATA);
  const row = store.rows.get(DATA);
  if (!row) throw new Error('no key was stored');
  const moved = { ...row, ...change };
  store.rows.set(moved.id, moved);
  keyring.forget(moved.id);
  await expect(keyring.data(store, ORG, moved.id as DataKeyId)).rejects.toMatchObject({ name: 'SealError' });
});

test('new keys belong to the current epoch, old ones open while theirs is there, and close when it is destroyed', async () => {
  const source = createMemorySource();
  const store = createStore();
  const first = await Keyring.open(source, store);
  await first.createOrganizationKey(store, ORG);
  await first.createDataKey(store, ORG, DATA);
  const second = await Keyring.open(source, store);
  await second.useEpoch(2, second.checkOf(await source.createEpoch(2)));
  const newer = 'key_01jd0000000000000000000002' as DataKeyId;
  await second.createDataKey(store, ORG, newer);
  expect(store.rows.get(newer)?.epoch).toBe(2);
  await second.data(store, ORG, DATA);
  await source.destroyEpoch(1);
  await expect(Keyring.open(source, store)).rejects.toThrow('no key for epoch 1');
});

test('a key moved to a new epoch is the same key, and its old wrapping opens no more', async () => {
  const source = createMemorySource();
  const store = createStore();
  const keyring = await Keyring.open(source, store);
  await keyring.createOrganizationKey(store, ORG);
  const sealed = (await keyring.createDataKey(store, ORG, DATA)).seal(AAD, Buffer.from('kept'));
  const before = new Map(store.rows);
  await keyring.useEpoch(2, keyring.checkOf(await source.createEpoch(2)));
  for (const row of before.values()) store.rows.set(row.id, await keyring.rewrap(store, row));
  await keyring.requireStored(store);
  await source.destroyEpoch(1);
  keyring.forgetEpochsBefore(2);
  const after = await Keyring.open(source, store);
  expect(after.epoch).toBe(2);
  expect(Buffer.from((await after.data(store, ORG, DATA)).open(AAD, sealed)).toString()).toBe('kept');
  for (const row of before.values()) {
    await expect(keyring.rewrap(store, row)).rejects.toThrow('no key for epoch 1');
    await expect(after.rewrap(store, { ...row, epoch: 2 })).rejects.toMatchObject({ name: 'SealError' });
  }
});

test('an epoch whose key is another than was made is not used', async () => {
  const source = createMemorySource();
  const keyring = await Keyring.open(source, createStore());
  const check = keyring.checkOf(await source.createEpoch(2));
  source.keys.set(2, randomBytes(32));
  await expect(keyring.useEpoch(2, check)).rejects.toMatchObject({ name: 'StartProblem', failure: 'damaged' });
  expect(keyring.epoch).toBe(1);
});

test('purposes, uses and environments are kept apart', async () => {
  const store = createStore();
  const keyring = await Keyring.open(createMemorySource(), store);
  const other = await Keyring.open(createMemorySource(), createStore());
  const indexes = [
    keyring.blindIndex('email', 'x'),
    keyring.blindIndex('slug', 'x'),
    keyring.blindIndex('email', 'y'),
    other.blindIndex('email', 'x'),
  ];
  expect(new Set(indexes.map((index) => Buffer.from(index).toString('hex'))).size).toBe(indexes.length);
  const message = Buffer.from('checkpoint');
  const signature = sign(null, message, keyring.signingKey('audit'));
  expect(verify(null, message, createPublicKey(keyring.signingKey('audit')), signature)).toBe(true);
  for (const key of [keyring.signingKey('other'), other.signingKey('audit')])
    expect(verify(null, message, createPublicKey(key), signature)).toBe(false);
});

test('database passwords differ by role and fit into an address', () => {
  const secret = randomBytes(32);
  const passwords = (['superuser', 'owner', 'app'] as const).map((role) => databasePassword(secret, role));
  expect(new Set(passwords).size).toBe(3);
  for (const password of passwords) expect(password).toMatch(/^[\w-]{43}$/);
});

test('bytes are equal only with the same length and content', () => {
  expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
  expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
  expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1]))).toBe(false);
});
