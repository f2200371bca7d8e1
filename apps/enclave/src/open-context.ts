import { sql as raw } from 'kysely';
import type { Config } from './config.ts';
import { type Context, idMaker } from './context.ts';
import { connect } from './db/connect.ts';
import { Database } from './db/database.ts';
import { keyStore } from './db/key-store.ts';
import { migrate } from './db/migrate.ts';
import { RateLimiter } from './http/limits.ts';
import { openJobs } from './jobs/jobs.ts';
import { Keyring } from './keys/keyring.ts';
import type { RootKeySource } from './keys/root-key.ts';
import { createLog, describeError } from './log.ts';
import { createFileBlobStore } from './providers/blobs/blob-store.ts';
import { openEmbedder } from './providers/embeddings/index.ts';
import { createSmtpMailer } from './providers/mail/mailer.ts';
import { createOutbound } from './providers/outbound/outbound.ts';

interface Storage {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly blobFolder: string;
  /** Whether no other server works on this database. */
  readonly soleServer: boolean;
}

/**
 * Builds everything a feature may depend on: migrates, connects, opens the keys. Dispose it to close what it opened.
 * @throws StartProblem naming the setting to change
 */
export async function openContext(
  config: Config,
  rootKey: RootKeySource,
  storage: Storage,
  now = () => new Date(),
): Promise<Context & AsyncDisposable> {
  const log = createLog(config.logLevel);
  await using stack = new AsyncDisposableStack();
  await migrate(storage.ownerUrl, storage.appUrl);
  const connection = await connect(storage.appUrl, (error) => log.warn({ err: describeError(error) }, 'database connection lost'));
  const keyring = await connection.sql.transaction().execute(async (tx) => {
    await raw`set local app.org_id = 'environment'`.execute(tx);
    return Keyring.open(rootKey, keyStore(tx));
  });
  const db = new Database(connection, keyring, now);
  stack.defer(() => db.close());
  const outbound = createOutbound({ privateHosts: config.privateHosts, log });
  stack.defer(() => outbound.close());
  const embedder = openEmbedder(config.embeddings, outbound, log);
  stack.defer(() => embedder.close());
  const jobs = await openJobs(connection.pool, storage.soleServer, log);
  stack.defer(() => jobs.close());
  const owned = stack.move();
  return {
    config,
    db,
    keyring,
    blobs: createFileBlobStore(storage.blobFolder),
    embedder,
    outbound,
    jobs,
    mailer: config.mail && createSmtpMailer(config.mail.url, config.mail.from),
    limiter: new RateLimiter(now),
    log,
    now,
    newId: idMaker(now),
    origin: () => config.publicUrl ?? `http://${config.host}:${config.port}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
