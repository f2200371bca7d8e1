import { type Config, listeningUrl } from './config.ts';
import { type Context, idMaker } from './context.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase } from './db/open-database.ts';
import { openRelease } from './features/attestation/release.ts';
import { RateLimiter } from './http/limits.ts';
import { openSharedLimits } from './http/shared-limits.ts';
import { openJobs } from './jobs/jobs.ts';
import type { RootKeySource } from './keys/root-key.ts';
import { createLog } from './log.ts';
import { createFileBlobStore } from './providers/blobs/blob-store.ts';
import { createDns } from './providers/dns/dns.ts';
import { openEmbedder } from './providers/embeddings/index.ts';
import { createSmtpMailer } from './providers/mail/mailer.ts';
import { createOutbound } from './providers/outbound/outbound.ts';
import { type MeasuredTee, openMeasuredTee } from './providers/tee/index.ts';

interface Storage {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly blobFolder: string;
  /** Whether no other server works on this database. */
  readonly soleServer: boolean;
}

/**
 * Builds everything a feature may depend on: migrates, connects, opens the keys. Dispose it to close what it opened.
 * @param opened the TEE, where whoever calls opened it before the root key, and closes it
 * @throws StartProblem naming the setting to change
 */
export async function openContext(
  config: Config,
  rootKey: RootKeySource,
  storage: Storage,
  now = () => new Date(),
  opened?: MeasuredTee,
): Promise<Context & AsyncDisposable> {
  const log = createLog(config.logLevel);
  await using stack = new AsyncDisposableStack();
  const { tee, build, manifest: launchManifest } = opened ?? (await openMeasuredTee(config, { log, now }));
  if (!opened) stack.use(tee);
  const release = stack.use(await openRelease({ config, log, now, tee }, build));
  await migrate(storage.ownerUrl, storage.appUrl);
  const db = await openDatabase(storage.appUrl, rootKey, now, log);
  stack.defer(() => db.close());
  if (!storage.soleServer) await db.followOthers();
  const shared = storage.soleServer ? undefined : stack.use(openSharedLimits(db));
  const limiter = new RateLimiter(now, shared);
  stack.defer(() => limiter.close());
  const outbound = createOutbound({ privateHosts: config.privateHosts, log });
  stack.defer(() => outbound.close());
  const embedder = openEmbedder(config.embeddings, outbound);
  stack.defer(() => embedder.close());
  const jobs = await openJobs(db.connection.pool, storage.soleServer, log);
  stack.defer(() => jobs.close());
  const owned = stack.move();
  return {
    config,
    db,
    keyring: db.keyring,
    blobs: createFileBlobStore(storage.blobFolder),
    tee,
    launchManifest,
    release,
    embedder,
    outbound,
    dns: createDns(config.dns, outbound),
    jobs,
    mailer: config.mail && createSmtpMailer(config.mail.url, config.mail.from),
    limiter,
    shared,
    log,
    now,
    newId: idMaker(now),
    origin: () => config.publicUrl ?? listeningUrl(config, config.port),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
