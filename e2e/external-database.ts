// A PostgreSQL that is not the server's own, as DATABASE_URL names one. The binaries are those that npm brings.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPostgresBinaries } from '@privexbot/enclave/db/embedded/binaries.ts';
import { launchServer, type RunningServer } from '@privexbot/enclave/db/embedded/launch.ts';
import { chooseDatabaseUser, prepareRunAs } from '@privexbot/enclave/db/embedded/run-as.ts';
import { openEmbeddedPostgres } from '@privexbot/enclave/db/embedded-postgres.ts';
import { prepareRoles } from '@privexbot/enclave/db/embedded-roles.ts';

export interface ExternalDatabase extends AsyncDisposable {
  readonly appUrl: string;
  readonly ownerUrl: string;
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export async function openExternalDatabase(): Promise<ExternalDatabase> {
  const parent = await mkdtemp(join(tmpdir(), 'privexbot-external-'));
  await chmod(parent, 0o755);
  const folder = join(parent, 'postgres');
  const first = await openEmbeddedPostgres({ folder, password: 'test-password', log });
  const urls = await prepareRoles(first.ownerUrl, { owner: 'owner-password', app: 'app-password' });
  await first[Symbol.asyncDispose]();
  const { port } = first;
  const { postgres } = await findPostgresBinaries();
  const runAs = await prepareRunAs(await chooseDatabaseUser([folder]), [dirname(postgres), parent]);
  const launch = () => launchServer({ postgres, folder, port, connections: 60, runAs, log, signal: new AbortController().signal });
  let running: RunningServer | undefined = await launch();
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  return {
    ...urls,
    stop,
    async start() {
      running = await launch();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
