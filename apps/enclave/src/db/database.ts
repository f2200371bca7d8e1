import type { AuditAction, ErrorCode, OrgId } from '@privexbot/contract';
import { type Kysely, sql as raw } from 'kysely';
import { AppError } from '../errors.ts';
import type { Keyring, KeyStore } from '../keys/keyring.ts';
import type { SealingKey } from '../keys/seal.ts';
import { AuditChains, type AuditRecord, type Realm } from './audit-chain.ts';
import { Batcher } from './batcher.ts';
import type { Connection } from './connect.ts';
import { Heads, type HeadTransaction, type ProtectedTable } from './heads.ts';
import { keyStore } from './key-store.ts';
import type { Tables } from './tables.ts';

/** A transaction inside one realm: row security shows the rows of that organization and no others. */
export interface Transaction<R extends Realm = OrgId> extends HeadTransaction {
  readonly sql: Kysely<Tables>;
  readonly realm: R;
  readonly keys: KeyStore;
  /** Writes an audit entry with the change: both are committed, or neither. */
  audit(action: AuditAction, target?: string, facts?: AuditRecord['facts']): void;
  /** Notes a written (or, with `null`, deleted) row of a protected table. */
  record(table: ProtectedTable, id: string, sealed: Uint8Array | null): Promise<void>;
}

const CHECKPOINT_EVERY_MS = 1_000;
const READS_WAIT_AT_MOST_MS = 5;

/** PostgreSQL error classes that callers can act on (PostgreSQL documentation, appendix A). */
const SQLSTATES: Record<string, ErrorCode> = {
  '53100': 'storage_full',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '53300': 'unavailable',
};
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** The one way to the rows: every transaction names its realm and its actor. */
export class Database {
  readonly connection: Connection;
  readonly keyring: Keyring;
  readonly heads: Heads;
  readonly chains: AuditChains;
  readonly #now: () => Date;
  readonly #reads: Batcher<Realm, AuditRecord>;
  readonly #checkpoints: NodeJS.Timeout;

  constructor(connection: Connection, keyring: Keyring, now: () => Date) {
    this.connection = connection;
    this.keyring = keyring;
    this.#now = now;
    this.chains = new AuditChains(keyring);
    this.heads = new Heads(keyring, (realm, fn) => this.transaction(realm, 'system', fn));
    this.#reads = new Batcher({
      maxWaitMs: READS_WAIT_AT_MOST_MS,
      maxItems: 500,
      flush: (realm, records) => this.#transact(realm, 'system', async () => undefined, records),
    });
    this.#checkpoints = setInterval(() => void this.checkpoint().catch(() => undefined), CHECKPOINT_EVERY_MS).unref();
  }

  /** Runs `fn` in one transaction of the realm and commits it with its audit entries. */
  transaction<R extends Realm, T>(realm: R, actor: string, fn: (tx: Transaction<R>) => Promise<T>): Promise<T> {
    return this.#transact(realm, actor, fn, []);
  }

  /** Writes an entry that describes no change, such as a read of content. It is on disk when this resolves. */
  audit(realm: Realm, record: AuditRecord): Promise<void> {
    return this.#reads.add(realm, record);
  }

  /** Signs the ends of the chains that grew since the last call. */
  async checkpoint(): Promise<void> {
    for (const realm of this.chains.takeUnsigned())
      await this.transaction(realm, 'system', (tx) => this.chains.checkpoint(tx.sql, realm, this.#now()));
  }

  /** The key that seals rows of the realm. */
  key(tx: Transaction<Realm>): Promise<SealingKey> {
    return tx.realm === 'environment' ? Promise.resolve(this.keyring.environment) : this.keyring.organization(tx.keys, tx.realm);
  }

  async close(): Promise<void> {
    clearInterval(this.#checkpoints);
    await this.#reads.drain();
    await this.checkpoint().catch(() => undefined);
    await this.connection.close();
  }

  async #transact<R extends Realm, T>(
    realm: R,
    actor: string,
    fn: (tx: Transaction<R>) => Promise<T>,
    records: readonly AuditRecord[],
  ): Promise<T> {
    const ended: ((committed: boolean) => void)[] = [];
    let committed = false;
    try {
      return await this.connection.sql.connection().execute(async (sql) => {
        await raw.raw(`begin; set local app.org_id = '${checkRealm(realm)}'`).execute(sql);
        const entries = [...records];
        const tx: Transaction<R> = {
          sql,
          realm,
          keys: keyStore(sql),
          audit: (action, target, facts = {}) => void entries.push({ action, actor, target, facts }),
          record: (table, id, sealed) => this.heads.record(tx, table, [{ id, sealed }]),
          onEnd: (callback) => void ended.push(callback),
        };
        try {
          const result = await fn(tx);
          const commit = async () => void (await raw`commit`.execute(sql));
          if (entries.length === 0) await commit();
          else await this.chains.commit(sql, realm, await this.key(tx), entries, this.#now(), commit);
          committed = true;
          return result;
        } finally {
          if (!committed) await raw`rollback`.execute(sql).catch(() => undefined);
        }
      });
    } catch (error) {
      throw translate(error);
    } finally {
      for (const callback of ended) callback(committed);
    }
  }
}

function checkRealm(realm: Realm): string {
  if (!/^(org_[0-9a-z]{26}|environment)$/.test(realm)) throw new AppError('not_found');
  return realm;
}

function translate(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known =
    SQLSTATES[code] ??
    (NETWORK_CODES.has(code) || /timeout exceeded when trying to connect|Connection terminated/.test(error.message)
      ? 'unavailable'
      : undefined);
  return known ? new AppError(known, {}, { cause: error }) : error;
}
