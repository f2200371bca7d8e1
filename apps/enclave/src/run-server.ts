import { existsSync } from 'node:fs';
import { createApp } from './app.ts';
import { type Config, listeningUrl, readConfig } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import { openEmbeddedPostgres } from './db/embedded-postgres.ts';
import { prepareRoles } from './db/embedded-roles.ts';
import { listen } from './http/listen.ts';
import { databasePassword } from './keys/keyring.ts';
import { openRootKey } from './keys/open-root-key.ts';
import type { RootKeySource } from './keys/root-key.ts';
import { createLog, type Log } from './log.ts';
import { openContext } from './open-context.ts';
import { openMeasuredTee } from './providers/tee/index.ts';
import { StartProblem } from './start-problem.ts';

/**
 * The enclave server as a process: environment -> configuration -> storage -> app -> listen -> drain. Ends the process.
 * @param onReady called once with the address, before the line that says it is ready
 */
export async function runServer(onReady: (url: string) => Promise<void> = async () => undefined): Promise<never> {
  const stopping = new AbortController();
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches this process directly and through its launcher: within a second it counts once.
      if (asked && Date.now() - asked > 1_000) process.exit(1);
      asked ||= Date.now();
      stopping.abort();
    });
  try {
    await serve(readConfig(process.env), stopping.signal, onReady);
    process.exit(0);
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0);
    console.error(error instanceof StartProblem ? `PrivexBot did not start. ${error.message}` : error);
    process.exit(1);
  }
}

async function serve(config: Config, stop: AbortSignal, onReady: (url: string) => Promise<void>): Promise<void> {
  const log = createLog(config.logLevel);
  await using folder = await openDataFolder(config.dataFolder);
  const isNew = !config.database && !existsSync(folder.postgres);
  const mayCreate = isNew || (config.database !== undefined && !existsSync(folder.blobs));
  await using stack = new AsyncDisposableStack();
  const now = () => new Date();
  // Before the root key: a key service may want to see what runs here first.
  const measured = await openMeasuredTee(config, { log, now });
  const { attestKey } = stack.use(measured.tee);
  const rootKey = await openRootKey(config.rootKey, {
    mayCreate,
    secretFile: config.rootKeySecretFile,
    database: config.database?.appUrl,
    attestKey,
  });
  const urls = config.database ?? (await openOwnDatabase(folder.postgres, rootKey, log, stop, stack));
  const storage = { ...urls, blobFolder: folder.blobs, soleServer: !config.database };
  const context = stack.use(await openContext(config, rootKey, storage, now, measured));
  const app = stack.use(await createApp(context, stop));
  stack.use(await listen(app, config));
  const url = listeningUrl(config, config.port);
  await onReady(url);
  console.log(`PrivexBot is ready at ${url}`);
  if (!config.publicUrl && ['0.0.0.0', '::'].includes(config.host))
    console.error('Set PRIVEXBOT_PUBLIC_URL to the address that people type: clients refuse a server that does not speak for it.');
  await new Promise((resolve) => (stop.aborted ? resolve(undefined) : stop.addEventListener('abort', resolve)));
}

async function openOwnDatabase(folder: string, rootKey: RootKeySource, log: Log, signal: AbortSignal, stack: AsyncDisposableStack) {
  const secret = await rootKey.databaseSecret();
  const onUnexpectedExit = () => log.error({}, 'the database ended by itself and is started again');
  const postgres = await openEmbeddedPostgres({ folder, password: databasePassword(secret, 'superuser'), log, signal, onUnexpectedExit });
  stack.use(postgres);
  return prepareRoles(postgres.ownerUrl, { owner: databasePassword(secret, 'owner'), app: databasePassword(secret, 'app') });
}
