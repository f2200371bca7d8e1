import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from './stages.ts';

const PATIENCE_MS = 5_000;

/**
 * Ends every process that the run left behind; one is a failure. A process belongs to the run if it inherited the run's id, or works in the
 * run's folder or was told of it (PostgreSQL is started with an environment of its own).
 */
export async function endLeftovers(runId: string, folder: string): Promise<Outcome> {
  const name = 'no process is left of the tests';
  if (!existsSync('/proc/self/environ')) return { name, result: 'skipped', why: 'this platform has no /proc to look in' };
  let left = await findProcesses(runId, folder);
  for (const until = Date.now() + PATIENCE_MS; left.length && Date.now() < until; left = await findProcesses(runId, folder))
    await sleep(100);
  for (const { pid } of left) kill(pid);
  if (left.length === 0) return { name, result: 'passed' };
  return { name, result: 'failed', why: left.map(({ pid, command }) => `${pid}: ${command.slice(0, 200)}`).join('; ') };
}

async function findProcesses(runId: string, folder: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environment, cwd, command] = await Promise.all([
        readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      ]);
      const isOurs = environment.includes(runId) || cwd.startsWith(folder) || command.includes(folder);
      return isOurs ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : [];
    }),
  );
  return found.flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}
