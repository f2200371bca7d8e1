// Real PostgreSQL without installing one: the binaries come through npm, the data lives in a folder of ours.
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { StartProblem } from '../start-problem.ts';
import { findPostgresBinaries } from './embedded/binaries.ts';
import { explainText, prepareCluster, SUPERUSER } from './embedded/cluster.ts';
import { findFreePort } from './embedded/free-port.ts';
import { LaunchFailure, type LaunchOptions, launchServer, type RunningServer, type ServerExit } from './embedded/launch.ts';
import { clearOrphan } from './embedded/orphan.ts';
import { chooseDatabaseUser, prepareRunAs } from './embedded/run-as.ts';
import type { DatabaseLog } from './embedded/server-log.ts';

export interface EmbeddedPostgresOptions {
  /** The cluster itself; made when missing. Its parent must be held by one server only (`openDataFolder`). */
  folder: string;
  /** Of the superuser: printable ASCII, derived from the root key, the same at every start. */
  password: string;
  log: DatabaseLog;
  /** How many there may be at once; one server needs fewer than the 40 it gets. */
  connections?: number;
  /** Breaks off the start; everything started so far has ended when the promise rejects. */
  signal?: AbortSignal;
  /** Told when the server ends by itself. It is started again on the same port, so pools only have to reconnect. */
  onUnexpectedExit?: (exit: ServerExit) => void;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** For the superuser, with the password in it. */
  ownerUrl: string;
  port: number;
}

/**
 * Starts the PostgreSQL of `folder`, also after an unclean stop of either process, and keeps it running until disposed, which stops it in order.
 * @throws StartProblem when whoever runs the machine has to do something first.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, password, log, connections = 40 } = options;
  const closing = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
  const binaries = await findPostgresBinaries();
  const user = await chooseDatabaseUser([folder, dirname(folder)]);
  const runAs = await prepareRunAs(user, [dirname(binaries.postgres), dirname(folder)]);
  await prepareCluster({ folder, password, binaries, user, runAs, log, signal });

  const launch = (port: number, launchSignal: AbortSignal) =>
    launchOnce({ postgres: binaries.postgres, folder, port, connections, runAs, log, signal: launchSignal });
  const { server, port } = await launchOnFreePort(folder, (port) => launch(port, signal));
  const ownerUrl = `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  try {
    await requireDurable(ownerUrl, folder);
    signal.throwIfAborted();
  } catch (error) {
    await server.stop();
    throw error;
  }
  const supervision = supervise(server, () => launch(port, closing.signal), closing.signal, options);
  return {
    ownerUrl,
    port,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await supervision;
    },
  };
}

async function launchOnce(options: LaunchOptions): Promise<RunningServer> {
  await clearOrphan(options.folder, options.log);
  return launchServer(options);
}

/** Another program may take the port between the choice and the start; a killed server's helpers may take a moment to end. */
async function launchOnFreePort(
  folder: string,
  launch: (port: number) => Promise<RunningServer>,
): Promise<{ server: RunningServer; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      return { server: await launch(port), port };
    } catch (error) {
      if (!(error instanceof LaunchFailure)) throw error;
      if (error.reason === 'other' || attempt === 50) throw new StartProblem(explainText(folder, error.message));
      if (error.reason === 'still-running') await sleep(200);
    }
  }
}

/** A database that doesn't wait for the disk would lose acknowledged work in a power cut, so nothing runs on one. */
async function requireDurable(ownerUrl: string, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on('error', () => undefined); // an end of the connection also fails the query
  try {
    await client.connect();
    const { rows } = await client.query<{ fsync: string }>('show fsync');
    if (rows[0]?.fsync !== 'on')
      throw new StartProblem(`PostgreSQL runs with fsync off on ${folder}. Remove that setting from ${folder}/postgresql.auto.conf.`);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '28P01')
      throw new StartProblem(
        `The database in ${folder} was made with another root key. Put back the key file that belongs to this data (PRIVEXBOT_ROOT_KEY), or set PRIVEXBOT_DATA to another folder.`,
      );
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Starts the server again whenever it ends by itself; stops it when `closing` fires, then resolves. */
async function supervise(
  first: RunningServer,
  restart: () => Promise<RunningServer>,
  closing: AbortSignal,
  { log, onUnexpectedExit }: EmbeddedPostgresOptions,
): Promise<void> {
  const closed = new Promise<'closing'>((resolve) => closing.addEventListener('abort', () => resolve('closing')));
  for (let server: RunningServer | undefined = first; server; ) {
    const exit = await Promise.race([server.ended, closed]);
    if (exit === 'closing') return server.stop();
    log.error({ code: exit.code, signal: exit.signal }, 'PostgreSQL ended by itself; starting it again');
    onUnexpectedExit?.(exit);
    server = await restartWithBackoff(restart, closing, log);
  }
}

async function restartWithBackoff(
  restart: () => Promise<RunningServer>,
  closing: AbortSignal,
  log: DatabaseLog,
): Promise<RunningServer | undefined> {
  for (let waitMs = 50; !closing.aborted; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      const server = await restart();
      log.info({}, 'PostgreSQL runs again');
      return server;
    } catch (error) {
      if (closing.aborted) break;
      log.error({ reason: error instanceof LaunchFailure ? error.reason : 'other' }, 'PostgreSQL could not be started; trying again');
      await sleep(waitMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  return undefined;
}
