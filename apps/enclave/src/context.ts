import { type Id, type IdKind, makeId } from '@privexbot/contract';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import type { Release } from './features/attestation/release.ts';
import type { RateLimiter } from './http/limits.ts';
import type { SharedLimits } from './http/shared-limits.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Log } from './log.ts';
import type { BlobStore } from './providers/blobs/blob-store.ts';
import type { Dns } from './providers/dns/dns.ts';
import type { Embedder } from './providers/embeddings/embedder.ts';
import type { Mailer } from './providers/mail/mailer.ts';
import type { Outbound } from './providers/outbound/outbound.ts';
import type { TeeProvider } from './providers/tee/index.ts';
import { randomBytes } from './random.ts';

/** Everything a feature may depend on, built once. Functions take the members they need, not the whole. */
export interface Context {
  readonly config: Config;
  readonly db: Database;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  /** Where this runs, and what proves it. */
  readonly tee: TeeProvider;
  /** What was started, as it was measured. */
  readonly launchManifest: Uint8Array;
  /** Which release this build is, as its log says. */
  readonly release: Release;
  readonly embedder: Embedder;
  readonly outbound: Outbound;
  readonly dns: Dns;
  readonly jobs: Jobs;
  /** Absent where no mail server is set. */
  readonly mailer: Mailer | undefined;
  readonly limiter: RateLimiter;
  /** Absent where no other server works on this database. */
  readonly shared: SharedLimits | undefined;
  readonly log: Log;
  now(): Date;
  newId<K extends IdKind>(kind: K): Id<K>;
  /** The origin that links carry when no request names one. */
  origin(): string;
}

/** Makes ids from a clock and the system's randomness. */
export function idMaker(now: () => Date): Context['newId'] {
  return (kind) => makeId(kind, now().getTime(), randomBytes(10));
}
