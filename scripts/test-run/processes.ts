import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Run {
  env: NodeJS.ProcessEnv;
  /** For temporary files; removed at the end. */
  folder: string;
  signal: AbortSignal;
}

const PATIENCE_MS = 5_000;

/** Runs a command in a process group of its own, which ends as a whole when the run is stopped. Returns its status and, if asked for, its output. */
export async function runCommand(
  run: Run,
  command: string,
  args: string[],
  stdout: 'show' | 'show and keep' = 'show',
): Promise<{ isOk: boolean; output: string }> {
  if (run.signal.aborted) return { isOk: false, output: '' };
  const child = spawn(command, args, {
    env: run.env,
    detached: true,
    stdio: ['ignore', stdout === 'show' ? 'inherit' : 'pipe', 'inherit'],
  });
  const stop = () => void endGroup(child);
  run.signal.addEventListener('abort', stop);
  const chunks: Uint8Array[] = [];
  child.stdout?.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  try {
    const [status] = await once(child, 'close');
    return { isOk: status === 0, output: Buffer.concat(chunks).toString() };
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : error}`);
    return { isOk: false, output: '' };
  } finally {
    run.signal.removeEventListener('abort', stop);
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE_MS).unref();
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // the group has ended
  }
}
