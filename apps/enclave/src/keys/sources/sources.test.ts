// What every source of root keys promises, asked of each: of the real thing where it runs here (a TPM by swtpm, a token by
// SoftHSM2), of a stand-in written from the published protocol otherwise.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestDatabase } from '@privexbot/testing/postgres.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseWrappedStore } from '../../db/wrapped-epochs.ts';
import { EPOCH_KEY_BYTES, type RootKeyKind, type RootKeySource } from '../root-key.ts';
import { openRootKeyFile } from './file.ts';
import { startFakeDstack } from './testing/dstack.fixture.ts';
import { type Harness, makeFolder } from './testing/harness.fixture.ts';
import { startFakeKms } from './testing/kms.fixture.ts';
import { startSoftHsm } from './testing/softhsm.fixture.ts';
import { startSwtpm } from './testing/swtpm.fixture.ts';
import { startFakeVault } from './testing/vault.fixture.ts';

const HARNESSES: Record<RootKeyKind, () => Promise<Harness>> = {
  file: startFile,
  tpm: () => startSwtpm(),
  pkcs11: startSoftHsm,
  vault: startFakeVault,
  'aws-kms': () => startFakeKms(),
  dstack: startFakeDstack,
};

/** A name, the kind, and how it starts. */
const ALL: readonly (readonly [string, string, () => Promise<Harness>])[] = [
  ...Object.entries(HARNESSES).map(([kind, start]) => [kind, kind, start] as const),
  ['aws-kms with wrapped keys in the database', 'aws-kms', startKmsInDatabase],
];

describe.each(ALL)('the source %s', (_, kind, start) => {
  let harness: Harness;
  let source: RootKeySource;
  beforeEach(async () => {
    harness = await start();
    source = await harness.open();
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  test('says what it is', () => {
    expect(source.kind).toBe(kind);
  });

  test('gives the same key for an epoch on every start, and another for each epoch', async () => {
    const first = hex(await source.createEpoch(1));
    const second = hex(await source.createEpoch(2));
    expect(first).toHaveLength(2 * EPOCH_KEY_BYTES);
    expect(first).not.toBe(second);
    const later = await harness.open();
    expect(hex(await later.openEpoch(1))).toBe(first);
    expect(hex(await later.openEpoch(2))).toBe(second);
    expect(hex(await source.createEpoch(1))).toBe(first);
    expect(await later.epochs()).toEqual([1, 2]);
  });

  test('has no epoch that was not made, and says what to do', async () => {
    await source.createEpoch(1);
    await expect(source.openEpoch(7)).rejects.toMatchObject({
      name: 'StartProblem',
      failure: 'missing',
      message: expect.stringMatching(/no key for epoch 7.*PRIVEXBOT_ROOT_KEY.*Nothing was changed/),
    });
    expect(await source.epochs()).toEqual([1]);
  });

  test('no longer opens a destroyed epoch, on any server, and makes another key in its place', async () => {
    const other = await harness.open();
    const destroyed = hex(await source.createEpoch(1));
    const kept = hex(await source.createEpoch(2));
    await source.destroyEpoch(1);
    for (const server of [source, other, await harness.open()])
      await expect(server.openEpoch(1)).rejects.toMatchObject({ failure: 'missing' });
    expect(await other.epochs()).toEqual([2]);
    expect(hex(await other.openEpoch(2))).toBe(kept);
    await source.destroyEpoch(1); // again, as after a crash
    expect(hex(await source.createEpoch(1))).not.toBe(destroyed);
  });

  test('another server sees an epoch that was made while it ran', async () => {
    const other = await harness.open();
    await source.createEpoch(1);
    const made = hex(await source.createEpoch(2));
    expect(hex(await other.openEpoch(2))).toBe(made);
  });

  test("keeps the database's secret, whatever becomes of the epochs", async () => {
    const secret = hex(await source.databaseSecret());
    expect(secret).toHaveLength(2 * EPOCH_KEY_BYTES);
    expect(hex(await source.createEpoch(1))).not.toBe(secret);
    await source.destroyEpoch(1);
    expect(hex(await (await harness.open()).databaseSecret())).toBe(secret);
  });

  test('that is gone while the server runs, is named, without a secret', async () => {
    await source.createEpoch(1);
    await harness.takeAway();
    for (const call of [() => source.openEpoch(1), () => source.createEpoch(2), () => source.destroyEpoch(1), () => source.epochs()]) {
      const problem = await call().then(
        () => undefined,
        (error: Error) => error,
      );
      if (problem === undefined) continue; // what needs no service, such as a list in a file here
      expect(problem).toMatchObject({ name: 'StartProblem', message: expect.stringMatching(/\. [A-Z].*\.$/) });
      for (const secret of harness.secrets) expect(String(problem)).not.toContain(secret);
    }
    await expect(source.openEpoch(1)).rejects.toMatchObject({ name: 'StartProblem' });
  });
});

async function startKmsInDatabase(): Promise<Harness> {
  const database = await createTestDatabase();
  const kms = await startFakeKms(databaseWrappedStore(database.appUrl));
  return {
    ...kms,
    async [Symbol.asyncDispose]() {
      await kms[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function startFile(): Promise<Harness> {
  await using stack = new AsyncDisposableStack();
  const folder = await makeFolder(stack);
  const path = join(folder, 'data.key');
  const owned = stack.move();
  return {
    secrets: [],
    open: () => openRootKeyFile(path, true),
    takeAway: () => rename(path, `${path}.away`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
