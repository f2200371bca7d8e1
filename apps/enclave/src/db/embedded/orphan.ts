// What an earlier server may have left behind when it was killed: a running PostgreSQL, or only its lock file.
import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StartProblem, systemCode } from '../../start-problem.ts';
import type { DatabaseLog } from './server-log.ts';

/** Above the process ids of every platform (Linux: 2^22). */
const NO_PROCESS = 99_999_999;

/** Makes the cluster in `folder` startable: stops the PostgreSQL that still runs on it, and disarms a lock file whose process is another by now. */
export async function clearOrphan(folder: string, log: DatabaseLog): Promise<void> {
  const lockFile = join(folder, 'postmaster.pid');
  const content = await readIfThere(lockFile);
  if (content === undefined) return;
  const pid = Number(content.split('\n')[0]);
  if (Number.isInteger(pid) && pid > 0 && (await isRunning(pid)) && (await isPostgresOf(folder, pid))) {
    log.warn({ pid }, 'stopping the PostgreSQL of an earlier server that was killed');
    await stop(folder, pid);
  }
  await disarm(lockFile);
}

/** A zombie holds its process id but has ended. */
async function isRunning(pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    return state !== undefined && state !== 'Z' && state !== 'X';
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isPostgresOf(folder: string, pid: number): Promise<boolean> {
  const path = await realpath(folder);
  if (process.platform === 'linux') {
    // A reinstalled package leaves "postgres (deleted)".
    const [program, cwd] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]).catch(() => ['', '']);
    return basename(program).split(' ')[0] === 'postgres' && cwd === path;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]).catch(() => ({ stdout: '' }));
  return stdout.includes('/postgres ') && (stdout.includes(` ${folder} `) || stdout.includes(` ${path} `));
}

/** Fast shutdown, which closes the cluster cleanly; after half a minute immediate shutdown, which the write-ahead log makes good. */
async function stop(folder: string, pid: number): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    signalProcess(pid, signal);
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(10)) if (!(await isRunning(pid))) return;
  }
  throw new StartProblem(
    `A PostgreSQL of an earlier start (process ${pid}) still runs on ${folder} and does not end. End it, then start again.`,
  );
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error; // ended in the meantime
  }
}

/**
 * PostgreSQL refuses to start while the process id in its lock file belongs to anything alive, be it a zombie or a stranger, or is torn. Only
 * that id is replaced: the shared memory named below it still keeps out a start beside living backends.
 */
async function disarm(lockFile: string): Promise<void> {
  const content = await readIfThere(lockFile);
  if (content !== undefined) await writeFile(lockFile, content.replace(/^.*/, `${NO_PROCESS}`));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
