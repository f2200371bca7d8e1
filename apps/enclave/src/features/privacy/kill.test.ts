import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createStorage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';
import { openRootKeyFile } from '../../keys/sources/file.ts';
import { startRotation } from './rotate.ts';

const SERVER = fileURLToPath(new URL('./rotating-server.fixture.ts', import.meta.url));
const KEYS = 1_500;
/** After these the server may come to the end. */
const KILLS = 4;

test('killed again and again in the midst of moving keys, a rotation ends with every key open and the old epoch gone', async () => {
  await using storage = await createStorage();
  const keyFile = join(storage.blobFolder, 'root.key');
  const { ownerUrl, appUrl } = storage.database;
  const rootKey = await openRootKeyFile(keyFile, true);
  const at = { ...storage, rootKey };
  const { org, user, sealed } = await (async () => {
    await using enclave = await startEnclave({ storage: at });
    const person = await enclave.signUp();
    const { db, keyring, newId } = enclave.context;
    const ids = Array.from({ length: KEYS }, () => newId('dataKey'));
    const keys = await db.transaction(person.org, 'system', (tx) => keyring.createDataKeys(tx.keys, person.org, ids));
    return {
      org: person.org,
      user: person.user,
      sealed: keys.map((key, n) => ({ id: ids[n] ?? newId('dataKey'), bytes: key.seal(new Uint8Array(), Buffer.from(`${n}`)) })),
    };
  })();

  let running: ChildProcess | undefined;
  const kill = async () => {
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  await using enclave = await startEnclave({ storage: at });
  await using stack = new AsyncDisposableStack();
  stack.defer(kill);
  // The server in this process only watches.
  await enclave.context.jobs.close();
  await startRotation(enclave.context, { org, user, actor: user, backupsExpireAt: undefined });
  const state = async () => (await enclave.forge<{ state: string }>('select state from key_rotations'))[0]?.state;
  const moved = async () =>
    (await enclave.forge<{ n: number }>('select count(*)::integer as n from keystore.keys where epoch = 2'))[0]?.n ?? 0;
  let kills = 0;
  for (const until = Date.now() + 100_000; (await state()) !== 'done' && Date.now() < until; ) {
    const before = await moved();
    const argument = JSON.stringify({ ownerUrl, appUrl, blobFolder: storage.blobFolder, keyFile });
    running = spawn(process.execPath, [SERVER, argument], { stdio: 'ignore' });
    const mayEnd = kills >= KILLS;
    while (((await moved()) === before || mayEnd) && (await state()) !== 'done' && running.exitCode === null) await sleep(mayEnd ? 20 : 2);
    await sleep(Math.random() * 20);
    if ((await state()) === 'done') break;
    await kill();
    kills++;
    expect(Object.keys((JSON.parse(await readFile(keyFile, 'utf8')) as { epochs: object }).epochs)).toContain('2');
  }
  await kill();
  expect(await state()).toBe('done');
  expect(kills).toBeGreaterThan(1);
  await using after = await startEnclave({ storage: { ...at, rootKey: await openRootKeyFile(keyFile, false) } });
  expect(await after.context.keyring.source.epochs()).toEqual([2]);
  await after.context.db.transaction(org, 'system', async (tx) => {
    for (const [n, { id, bytes }] of sealed.entries())
      expect(Buffer.from((await after.context.keyring.data(tx.keys, org, id)).open(new Uint8Array(), bytes)).toString()).toBe(`${n}`);
  });
}, 120_000);
