// What the tests of the embedded database share.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { openEmbeddedPostgres } from '../embedded-postgres.ts';

export const PASSWORD = 'test-password';
export const isRoot = process.getuid?.() === 0;
export const NOBODY = 65_534;
export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A temporary data folder's path; with `fromTemplate` it holds a database that was stopped in order. */
export async function makeDataFolder(template?: string): Promise<{ path: string; postgres: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'privexbot-db-')));
  // Making a cluster takes a second, copying one a tenth. The copy is root's own and open to all, as after restoring a backup.
  if (template) await promisify(execFile)('cp', ['-r', join(template, 'postgres'), path]);
  return { path, postgres: join(path, 'postgres'), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export async function makeTemplate(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await makeDataFolder();
  await using database = await openEmbeddedPostgres({ folder: folder.postgres, password: PASSWORD, log: silentLog });
  await query(database.ownerUrl, 'create table kept (id int primary key, word text not null)');
  return folder;
}

export async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Repeats a query until it succeeds, as a pool's users do while the database comes back. */
export async function queryOnceBack(url: string, sql: string): Promise<Record<string, unknown>[]> {
  for (;;) {
    try {
      return await query(url, sql);
    } catch {
      await sleep(20);
    }
  }
}

/** The processes that have `folder` as their place of work or on their command line, this one excepted. */
export async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const isOf = async (pid: number) => {
    const [cwd, command, stat] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    ]);
    return !stat.includes(') Z ') && (cwd.startsWith(folder) || command.includes(folder));
  };
  const found = await Promise.all(pids.map(async (pid) => ((await isOf(pid)) ? [pid] : [])));
  return found.flat();
}

/** Waits until no process of `folder` is left; throws with their number after ten seconds. */
export async function untilNoProcess(folder: string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(20)) if ((await processesOf(folder)).length === 0) return;
  throw new Error(`${(await processesOf(folder)).length} processes are left on ${folder}`);
}

export async function postmasterOf(folder: string): Promise<number> {
  return Number((await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

export interface ServerProcess {
  child: ChildProcess;
  /** What it said: `ownerUrl` once it serves, or the `problem` that kept it from starting. */
  answer: Promise<{ ownerUrl?: string; uid?: number; problem?: string }>;
}

const FIXTURE = fileURLToPath(new URL('./serve.fixture.ts', import.meta.url));

interface ServerOptions {
  /** Goes before the command, such as `setpriv ...`. */
  prefix?: string[];
  fixture?: string;
  /** `unheld` opens the database without the data folder's own checks. */
  mode?: 'held' | 'unheld';
}

export function startServer(dataFolder: string, { prefix = [], fixture = FIXTURE, mode = 'held' }: ServerOptions = {}): ServerProcess {
  const [command = '', ...args] = [...prefix, process.execPath, '--disable-warning=ExperimentalWarning', fixture, dataFolder, mode];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const answer = (async () => {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
    return { problem: 'it ended without a word' };
  })();
  return { child, answer };
}

export async function kill(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = once(server.child, 'close');
  server.child.kill(signal);
  await closed;
}

/** A command's prefix that makes it run as an ordinary user. The capability lets it read a checkout that is closed to that user. */
export function asUser(uid: number): string[] {
  const capability = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup'];
  return ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', ...capability, '--'];
}

export async function giveToNobody(path: string): Promise<void> {
  await chown(path, NOBODY, NOBODY);
}
