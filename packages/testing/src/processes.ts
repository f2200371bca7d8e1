// Which processes a server under test consists of, as Linux tells.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** As in proc(5): R runs, S sleeps, D waits for the disk, T is stopped. */
  readonly state: string;
  readonly cwd: string;
  /** Arguments joined by spaces. */
  readonly command: string;
}

/** Processes that work below a folder, and all their descendants; zombies are left out. */
export async function processesBelow(folder: string): Promise<ProcessInfo[]> {
  const all = await listProcesses();
  const found = new Set(all.filter(({ cwd }) => cwd === folder || cwd.startsWith(`${folder}/`)));
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    const pids = new Set([...found].map(({ pid }) => pid));
    for (const one of all) if (pids.has(one.parent)) found.add(one);
  }
  return [...found];
}

/** Waits until no process is left below the folder. @throws naming those that stay */
export async function untilNoProcess(folder: string, patienceMs: number): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(20)) {
    const left = await processesBelow(folder);
    if (left.length === 0) return;
    if (Date.now() > until) throw new Error(`processes are left: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
  }
}

/** Sends the signal; one that has ended already is no matter. */
export function endNow(pid: number, signal: 'SIGKILL' | 'SIGQUIT' = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just ended
  }
}

async function listProcesses(): Promise<ProcessInfo[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const infos = await Promise.all(pids.map(describe));
  return infos.filter((info) => info !== undefined);
}

async function describe(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [stat, cwd, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readlink(`/proc/${pid}/cwd`),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : { pid, parent: Number(parent), state, cwd, command: command.replaceAll('\0', ' ').trim() };
  } catch {
    return undefined; // it ended while it was looked at, or belongs to somebody else
  }
}
