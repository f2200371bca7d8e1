// One run of the PostgreSQL server: from its start to its end.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunAs } from './run-as.ts';
import { type DatabaseLog, LOG_LINE_PREFIX, logServerMessage, readServerMessages, type ServerMessage } from './server-log.ts';

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningServer {
  pid: number;
  /** Settles when the process has ended and is reaped. */
  ended: Promise<ServerExit>;
  /** Fast shutdown: running statements are broken off, nothing that was committed is lost. */
  stop(): Promise<void>;
}

/** The server ended before it took connections. */
export class LaunchFailure extends Error {
  override readonly name = 'LaunchFailure';
  readonly reason: 'port-taken' | 'still-running' | 'other';

  constructor(messages: string) {
    super(messages);
    this.reason = REASONS.find(([, pattern]) => pattern.test(messages))?.[0] ?? 'other';
  }
}

const REASONS: [LaunchFailure['reason'], RegExp][] = [
  ['port-taken', /could not bind|could not create any TCP\/IP sockets/],
  ['still-running', /pre-existing shared memory block|lock file "postmaster\.pid" already exists/],
];

/** For one application on one machine: durable, small in memory, deaf to all but loopback, and silent about what it stores. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '32MB',
  huge_pages: 'off',
  jit: 'off',
  // No helper processes but those that durability and vacuuming need.
  max_worker_processes: '0',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '2',
  autovacuum_worker_slots: '2',
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_replication_slots: '0',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: LOG_LINE_PREFIX,
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

export interface LaunchOptions {
  postgres: string;
  folder: string;
  port: number;
  connections: number;
  runAs: RunAs;
  log: DatabaseLog;
  signal: AbortSignal;
}

/** Starts the server and returns once it takes connections. Recovery after a crash may take its time; `signal` breaks it off. */
export async function launchServer({ postgres, folder, port, connections, runAs, log, signal }: LaunchOptions): Promise<RunningServer> {
  signal.throwIfAborted();
  const settings = Object.entries({ ...SETTINGS, max_connections: connections }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = runAs(postgres, ['-D', folder, '-p', `${port}`, ...settings], 'SIGINT');
  const ended = waitForEnd(child);
  const stopAtExit = () => void child.kill('SIGINT');
  process.once('exit', stopAtExit);
  void ended.then(() => process.off('exit', stopAtExit));

  const abort = () => void child.kill('SIGINT');
  signal.addEventListener('abort', abort);
  try {
    await waitUntilReady(child, ended, log);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return { pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

async function waitForEnd(child: ChildProcess): Promise<ServerExit> {
  const [code, signal] = await once(child, 'close').catch((error: Error) => {
    throw new LaunchFailure(error.message);
  });
  return { code, signal };
}

/** Messages are kept until the server takes connections: up to then they speak of files and settings only. */
async function waitUntilReady(child: ChildProcess, ended: Promise<ServerExit>, log: DatabaseLog): Promise<void> {
  const messages: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let isReady = false;
    const onMessage = (message: ServerMessage) => {
      if (isReady) return logServerMessage(log, message);
      messages.push(message.text);
      if (message.backend !== 'postmaster' || message.text !== 'database system is ready to accept connections') return;
      isReady = true;
      messages.length = 0;
      resolve();
    };
    if (child.stderr) readServerMessages(child.stderr, onMessage);
    ended.then(() => reject(new LaunchFailure(messages.join('\n'))), reject);
  });
}

async function stop(child: ChildProcess, ended: Promise<ServerExit>): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const) {
    child.kill(signal);
    const patience = new AbortController();
    const isEnded = await Promise.race([ended.then(() => true), sleep(patienceMs, false, { signal: patience.signal }).catch(() => false)]);
    patience.abort();
    if (isEnded) return;
  }
}
