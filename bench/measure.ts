// What benchmarks share: a server of their own, closed-loop load, and the operating system's account of processor time and memory.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From starting the process to its ready line. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

const CLOCK_TICK_MS = 10;
const PAGE_BYTES = 4096;

export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'privexbot-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the server as `npm start` does after building. */
export async function startServer(dataFolder: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'apps/enclave/src/main.ts'], {
    env: { ...process.env, PRIVEXBOT_DATA: dataFolder, PRIVEXBOT_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('is ready at') && resolve());
    child.once('exit', () => reject(new Error('the server did not start')));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, readyMs: performance.now() - started, stop, [Symbol.asyncDispose]: stop };
}

/** Processor milliseconds since start, and proportional memory in MB, of a process with all below it (Linux). */
export function accountOf(pid: number): { cpuMs: number; pssMb: number } {
  let cpuMs = 0;
  let pssKb = 0;
  for (const one of treeOf(pid)) {
    cpuMs += readCpuMs(`/proc/${one}/stat`);
    pssKb += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  }
  return { cpuMs, pssMb: pssKb / 1024 };
}

/** Processor milliseconds since start of the threads on which Node runs long work, such as hashing passwords. */
function workersCpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/stat`);
  return tasks.filter((path) => readFileSync(path, 'utf8').includes('(libuv-worker)')).reduce((sum, path) => sum + readCpuMs(path), 0);
}

function readCpuMs(path: string): number {
  const fields = readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
    try {
      parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]));
    } catch {
      // Ended while we looked.
    }
  const tree = [pid];
  for (const one of tree) tree.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
  return tree;
}

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMsEach: number;
  /** Of that, on the threads for long work. */
  readonly workersCpuMsEach: number;
}

/** Closed loop: each of `concurrency` workers sends its next request when the last answer is whole. A wrong answer throws. */
export async function load(pid: number, concurrency: number, seconds: number, send: (n: number) => Promise<unknown>): Promise<Load> {
  const times: number[] = [];
  let n = 0;
  async function phase(forMs: number, keep: boolean): Promise<void> {
    const until = performance.now() + forMs;
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (performance.now() < until) {
          const started = performance.now();
          await send(n++);
          if (keep) times.push(performance.now() - started);
        }
      }),
    );
  }
  await phase(2_000, false);
  const before = accountOf(pid).cpuMs;
  const workersBefore = workersCpuMs(pid);
  const started = performance.now();
  await phase(seconds * 1_000, true);
  const tookSeconds = (performance.now() - started) / 1_000;
  const cpuMs = accountOf(pid).cpuMs - before;
  const workersMs = workersCpuMs(pid) - workersBefore;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    perSecond: times.length / tookSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMsEach: cpuMs / times.length,
    workersCpuMsEach: workersMs / times.length,
  };
}

/** Memory that pages of a folder's counted files take on disk, in MB. */
export function folderMb(path: string, counts: (file: string) => boolean): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !counts(full)) continue;
    bytes += Math.ceil(readFileSync(full).length / PAGE_BYTES) * PAGE_BYTES;
  }
  return bytes / 1024 / 1024;
}

export { sleep };
