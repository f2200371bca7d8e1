/**
 * `npm run recover -- EMAIL`: prints a one-time sign-in link, for whoever works on the machine itself and so can read the
 * root key. The link is only signed (see `features/auth/links.ts`), nothing is written, so it does not matter whether the
 * server runs: its database is read where it runs, and started for a moment where it does not.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, listeningUrl, readConfig } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import { SUPERUSER } from './db/embedded/cluster.ts';
import { openEmbeddedPostgres } from './db/embedded-postgres.ts';
import { prepareRoles } from './db/embedded-roles.ts';
import { openDatabase } from './db/open-database.ts';
import { createSignInLink } from './features/auth/index.ts';
import { databasePassword } from './keys/keyring.ts';
import { openRootKey } from './keys/open-root-key.ts';
import type { RootKeySource } from './keys/root-key.ts';
import { createLog, type Log } from './log.ts';
import { StartProblem } from './start-problem.ts';

const [email, ...rest] = process.argv.slice(2);
if (!email || rest.length > 0) {
  console.error('Usage: npm run recover -- EMAIL');
  process.exit(2);
}
try {
  const link = await recover(readConfig(process.env), email);
  if (!link) throw new StartProblem(`There is no account with the address ${email}.`);
  console.log(`Open this link within 15 minutes to sign in as ${email}. It works once.\n\n${link}\n`);
  process.exit(0);
} catch (error) {
  console.error(error instanceof StartProblem ? error.message : error);
  process.exit(1);
}

async function recover(config: Config, address: string): Promise<string | undefined> {
  const log = createLog('error');
  await using stack = new AsyncDisposableStack();
  const rootKey = await openRootKey(config.rootKey, {
    mayCreate: false,
    secretFile: config.rootKeySecretFile,
    database: config.database?.appUrl,
  });
  const appUrl = config.database?.appUrl ?? (await findOwnDatabase(config.dataFolder, rootKey, log, stack));
  const now = () => new Date();
  const db = await openDatabase(appUrl, rootKey, now, log);
  stack.defer(() => db.close());
  return await createSignInLink(db, address, config.publicUrl ?? listeningUrl(config, config.port), now());
}

/** The embedded database: the server's where that runs, else one that runs until the stack is disposed. */
async function findOwnDatabase(dataFolder: string, rootKey: RootKeySource, log: Log, stack: AsyncDisposableStack): Promise<string> {
  const folder = join(dataFolder, 'postgres');
  if (!existsSync(folder)) throw new StartProblem(`There is no data in ${dataFolder}. Set PRIVEXBOT_DATA to the server's data folder.`);
  const databaseSecret = await rootKey.databaseSecret();
  const password = databasePassword(databaseSecret, 'superuser');
  const roles = { owner: databasePassword(databaseSecret, 'owner'), app: databasePassword(databaseSecret, 'app') };
  const port = await findPort(folder);
  if (port)
    try {
      const { appUrl } = await prepareRoles(`postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`, roles);
      return appUrl;
    } catch {
      log.debug({}, 'the lock file is that of a killed server');
    }
  stack.use(await openDataFolder(dataFolder));
  const postgres = stack.use(await openEmbeddedPostgres({ folder, password, log }));
  return (await prepareRoles(postgres.ownerUrl, roles)).appUrl;
}

/** PostgreSQL keeps its port in the fourth line of its lock file. */
async function findPort(folder: string): Promise<number | undefined> {
  const content = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  return Number(content.split('\n')[3]) || undefined;
}
