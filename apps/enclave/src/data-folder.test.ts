import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder, writeFileDurably } from './data-folder.ts';

const isRoot = process.getuid?.() === 0;
let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'privexbot-folder-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

test('a missing folder is made, with its parents, for its owner only', async () => {
  const path = join(place, 'a/b/data');
  await using data = await openDataFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(data).toMatchObject({ path, postgres: join(path, 'postgres'), blobs: join(path, 'blobs') });
});

test('a second server on the folder is told who holds it and what to set', async () => {
  const holder = await hold(place);
  await expect(openDataFolder(place)).rejects.toThrow(
    `The data folder ${place} is in use by process ${holder.child.pid}. Stop it or set PRIVEXBOT_DATA to another folder.`,
  );
  await end(holder.child);
  await using _data = await openDataFolder(place);
});

test('within one process too, only one holds the folder, until it lets go', async () => {
  const first = await openDataFolder(place);
  await expect(openDataFolder(place)).rejects.toThrow(`is in use by process ${process.pid}`);
  await first[Symbol.asyncDispose]();
  await using _second = await openDataFolder(place);
});

test('a folder whose server was killed is taken over, also when its process id is a stranger by now', async () => {
  const holder = await hold(place);
  await end(holder.child);
  await writeFile(join(place, 'lock.pid'), `${process.ppid}\n`);
  await using _data = await openDataFolder(place);
  expect(await readFile(join(place, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
});

test('of many that start at once after a kill, exactly one gets the folder', async () => {
  for (let round = 1; round <= 3; round++) {
    const before = await hold(place);
    await end(before.child);
    const racers = await Promise.all(Array.from({ length: 12 }, () => hold(place)));
    const answers = racers.map(({ answer }) => answer);
    await Promise.all(racers.map(({ child }) => end(child)));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('is in use by'))).toHaveLength(11);
  }
});

test('a file in its place is named', async () => {
  await writeFile(join(place, 'data'), '');
  await expect(openDataFolder(join(place, 'data'))).rejects.toThrow(/is a file.*PRIVEXBOT_DATA/);
});

test.skipIf(!isRoot)('a folder that cannot be written is named with the setting', async () => {
  await chmod(place, 0o755);
  await mkdir(join(place, 'data'), { mode: 0o755 });
  const asNobody = [
    'setpriv',
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    '--inh-caps=+dac_read_search',
    '--ambient-caps=+dac_read_search',
    '--',
  ];
  for (const [path, said] of [
    ['data', /can't be written.*PRIVEXBOT_DATA/],
    ['other', /can't be made.*PRIVEXBOT_DATA/],
  ] as const) {
    expect((await hold(join(place, path), asNobody)).answer).toMatch(said);
  }
});

test.skipIf(!isRoot)('a nearly full disk is named with the setting', async () => {
  const onSmallDisk = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=100m tmpfs "$1" && shift && exec "$@"', 'sh', place];
  expect((await hold(place, onSmallDisk)).answer).toMatch(/Only 100 MB are free .* 256 MB are needed.*PRIVEXBOT_DATA/);
});

test('a durable write replaces the whole file, with its mode, and leaves nothing beside it', async () => {
  const path = join(place, 'value');
  await writeFileDurably(path, new Uint8Array(100_000).fill(1), 0o600);
  await writeFileDurably(path, new TextEncoder().encode('second'), 0o640);
  expect(await readFile(path, 'utf8')).toBe('second');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(place)).toEqual(['value']);
});

test('a durable write that fails leaves the old content and nothing beside it', async () => {
  await mkdir(join(place, 'value'));
  await expect(writeFileDurably(join(place, 'value'), new Uint8Array(3), 0o600)).rejects.toThrow();
  expect(await readdir(place)).toEqual(['value']);
});

const FIXTURE = fileURLToPath(new URL('./hold-folder.fixture.ts', import.meta.url));

/** A process that tries to hold the folder, once it has said how that went. */
async function hold(path: string, prefix: string[] = []): Promise<{ child: ChildProcess; answer: string }> {
  const [command = '', ...args] = [...prefix, process.execPath, '--disable-warning=ExperimentalWarning', FIXTURE, path];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [answer] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, answer: String(answer) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
