import { setTimeout as wait } from 'node:timers/promises';
import type { AuditAction, ErrorCode, OrgId } from '@privexbot/contract';
import type { Kysely } from 'kysely';
import { AppError, describeRecord } from '../errors.ts';
import type { Keyring, KeyStore } from '../keys/keyring.ts';
import { SealError, type SealingKey } from '../keys/seal.ts';
import { AuditChains, type AuditRecord, type Dropped, type Realm } from './audit-chain.ts';
import { Batcher } from './batcher.ts';
import type { Connection } from './connect.ts';
import { Heads, type HeadTransaction, type ProtectedTable, StaleRow } from './heads.ts';
import { keyStore } from './key-store.ts';
import { BrokenConnection, type Lent } from './pipeline.ts';
import { findLatestRotation } from './rotations.ts';
import type { Tables } from './tables.ts';

/** A transaction inside one realm: row security shows the rows of that organization and no others. */
export interface Transaction<R extends Realm = OrgId> extends HeadTransaction {
  readonly sql: Kysely<Tables>;
  readonly realm: R;
  readonly keys: KeyStore;
  /** Writes an audit entry with the change: both are committed, or neither. The environment may write in organizations' logs too. */
  audit(action: AuditAction, target?: string, facts?: AuditRecord['facts'], realm?: Realm): void;
  /** From here on the transaction's entries name this actor: who somebody is may be known only after it began. */
  actAs(actor: string): void;
  /** The same for a change that somebody else than the transaction's actor made, where changes are written together. */
  auditAs(record: AuditRecord): void;
  /** Runs a statement as it is, for the job queue. */
  run(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** See `Heads.lock`: needed by what reads protected rows in order to change them. */
  lock(table: ProtectedTable, realm?: Realm): Promise<void>;
  /** See `Heads.lockAll`. */
  lockAll(wanted: readonly (readonly [ProtectedTable, Realm])[]): Promise<void>;
  /** See `Heads.check`: needed for each row that grants something. */
  check(table: ProtectedTable, id: string, sealed: Uint8Array | null, realm?: Realm): Promise<void>;
  /** See `Heads.record`: call it for each protected row that is written (or, with `null`, deleted), before that is done. */
  record(table: ProtectedTable, id: string, sealed: Uint8Array | null, realm?: Realm): Promise<void>;
}

const CHECKPOINT_EVERY_MS = 1_000;
/** How often is looked for what other servers changed. */
const FOLLOW_EVERY_MS = 1_000;
const READS_WAIT_AT_MOST_MS = 5;
/** Keys are made under a newer epoch than this process knew: making them again, under that one, goes through. */
class StaleEpoch extends AppError {}

/** A row that is still not the latest on the last attempt was changed from outside. */
const STALE_ATTEMPTS = 3;

interface Entry {
  readonly realm: Realm;
  readonly record: AuditRecord;
}

/** PostgreSQL error classes that callers can act on (PostgreSQL documentation, appendix A). */
const SQLSTATES: Record<string, ErrorCode> = {
  '53100': 'storage_full',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '53300': 'unavailable',
};
/** Two transactions waited for each other, and this one was taken back. */
const DEADLOCK = '40P01';
/** Of the trigger in `migrations/0002-key-rotations.sql`. */
const STALE_EPOCH = 'PX001';
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
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;
  /** The last round of checkpoints that was asked for, while it is under way. */
  #signing: Promise<void> | undefined;

  constructor(connection: Connection, keyring: Keyring, now: () => Date) {
    this.connection = connection;
    this.keyring = keyring;
    this.#now = now;
    this.chains = new AuditChains(keyring);
    // On connections of its own: it happens in the midst of transactions, which may hold all others.
    this.heads = new Heads(keyring, (realm, fn) => this.#transact(realm, 'system', fn, [], connection.lendReserve));
    this.#reads = new Batcher({
      maxWaitMs: READS_WAIT_AT_MOST_MS,
      maxItems: 500,
      flush: (realm, records) => this.#transact(realm, 'system', () => Promise.resolve(), records),
    });
    this.#checkpoints = setInterval(() => void (this.#signing ?? this.checkpoint()), CHECKPOINT_EVERY_MS).unref();
  }

  /** Runs `fn` in one transaction of the realm and commits it with its audit entries. `fn` runs again where it met a stale row. */
  async transaction<R extends Realm, T>(realm: R, actor: string, fn: (tx: Transaction<R>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#transact(realm, actor, fn);
      } catch (error) {
        if (attempt === STALE_ATTEMPTS) throw error;
        if (error instanceof StaleRow) await this.heads.settle();
        else if (error instanceof StaleEpoch) await this.followEpoch();
        else throw error;
      }
  }

  /** From now on takes notice, within a second or so, of what other servers on the same database change. */
  async followOthers(): Promise<void> {
    await this.heads.poll();
    this.#following = this.#follow(this.#closing.signal);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await wait(FOLLOW_EVERY_MS, undefined, { ref: false, signal }).catch(() => undefined);
      // Where the database does not answer, the next round sees what this one would have.
      if (!signal.aborted) await this.heads.poll().catch(() => undefined);
    }
  }

  /** Makes new keys under the epoch of the latest rotation, and forgets those that were destroyed, whichever server rotated. */
  async followEpoch(): Promise<void> {
    const rotation = await this.transaction('environment', 'system', (tx) => findLatestRotation(this.keyring, tx));
    if (!rotation?.content.check || rotation.state === 'started') return;
    if (this.keyring.epoch < rotation.epoch) await this.keyring.useEpoch(rotation.epoch, Buffer.from(rotation.content.check, 'base64'));
    if (rotation.state === 'done') this.keyring.forgetEpochsBefore(rotation.epoch);
  }

  /** Writes an entry that describes no change, such as a read of content. It is on disk when this resolves. */
  audit(realm: Realm, record: AuditRecord): Promise<void> {
    return this.#reads.add(realm, record);
  }

  /** Signs the ends of the chains that grew since the last call. What cannot be signed now is left to the next one. */
  checkpoint(): Promise<void> {
    // Each checkpoint names the one before, so two rounds must not run at once.
    const round = (this.#signing ?? Promise.resolve())
      .then(() => this.#signAll())
      .finally(() => {
        if (this.#signing === round) this.#signing = undefined;
      });
    this.#signing = round;
    return round;
  }

  /** Signs a checkpoint of one organization together with what `drop` drops. @returns what `drop` did */
  async dropEntries(realm: OrgId, drop: (tx: Transaction) => Promise<Dropped | undefined>): Promise<Dropped | undefined> {
    let dropped: Dropped | undefined;
    const round = (this.#signing ?? Promise.resolve()).then(async () => {
      const checkpoint = await this.transaction(realm, 'system', (tx) =>
        this.chains.checkpoint(tx.sql, realm, this.#now(), async () => {
          dropped = await drop(tx);
          return dropped;
        }),
      );
      checkpoint.signed();
    });
    // Whoever signs next waits for it, whatever comes of it.
    const settled: Promise<void> = round
      .catch(() => undefined)
      .finally(() => {
        if (this.#signing === settled) this.#signing = undefined;
      });
    this.#signing = settled;
    await round;
    return dropped;
  }

  async #signAll(): Promise<void> {
    for (const realm of this.chains.takeUnsigned())
      try {
        const checkpoint = await this.transaction(realm, 'system', (tx) => this.chains.checkpoint(tx.sql, realm, this.#now()));
        checkpoint.signed();
      } catch {
        this.chains.returnUnsigned(realm);
      }
  }

  /** The key that seals rows of the realm. */
  key(tx: Transaction<Realm>): Promise<SealingKey> {
    return tx.realm === 'environment' ? Promise.resolve(this.keyring.environment) : this.keyring.organization(tx.keys, tx.realm);
  }

  /** An organization that was there when the transaction read it may be deleted by now: it looks again, and says nothing to a log that is gone. */
  async #keyOfLog(tx: Transaction<Realm>, org: OrgId): Promise<SealingKey> {
    try {
      return await this.keyring.organization(tx.keys, org);
    } catch (error) {
      if (error instanceof SealError && tx.realm === 'environment') throw new StaleRow('integrity_failed', {}, { cause: error });
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#checkpoints);
    this.#closing.abort();
    await this.#following;
    await this.#reads.drain();
    await this.checkpoint();
    await this.connection.close();
  }

  async #transact<R extends Realm, T>(
    realm: R,
    actor: string,
    fn: (tx: Transaction<R>) => Promise<T>,
    records: readonly AuditRecord[] = [],
    lend = this.connection.lend,
  ): Promise<T> {
    const ended: ((committed: boolean) => void)[] = [];
    let committed = false;
    try {
      return await lend(async (lent) => {
        const { sql, send } = lent;
        // Sent together with the first statement of `fn`. Outside a transaction and a realm that statement would see nothing.
        const begun = send(`begin; set local app.org_id = '${checkRealm(realm)}'`);
        begun.catch(() => undefined);
        const entries: Entry[] = records.map((record) => ({ realm, record }));
        let acting = actor;
        const tx: Transaction<R> = {
          sql,
          realm,
          keys: keyStore(sql),
          audit: (action, target, facts = {}, at = realm) =>
            void entries.push({ realm: at, record: { action, actor: acting, target, facts } }),
          actAs: (other) => {
            acting = other;
          },
          auditAs: (record) => void entries.push({ realm, record }),
          run: send,
          lock: (table, at) => this.heads.lock(tx, table, at),
          lockAll: (wanted) => this.heads.lockAll(tx, wanted),
          check: (table, id, sealed, at) => this.heads.check(tx, table, id, sealed, at),
          record: (table, id, sealed, at) => this.heads.record(tx, table, id, sealed, at),
          onEnd: (callback) => void ended.push(callback),
        };
        try {
          const result = await fn(tx);
          await begun;
          await this.#commit(lent, tx, entries);
          committed = true;
          return result;
        } catch (error) {
          await send('rollback').catch((cause: unknown) => {
            throw new BrokenConnection('a transaction could not be rolled back', { cause: error ?? cause });
          });
          throw error;
        }
      });
    } catch (error) {
      throw translate(error instanceof BrokenConnection ? error.cause : error);
    } finally {
      for (const callback of ended) callback(committed);
    }
  }

  /** Commits with the audit entries, realm by realm in one order, so that no two transactions wait for each other's lanes. */
  async #commit(lent: Lent, tx: Transaction<Realm>, entries: readonly Entry[]): Promise<void> {
    const [realm, ...others] = [...new Set(entries.map((entry) => entry.realm))].sort();
    const commitFrom = async (at: Realm | undefined, rest: readonly Realm[]): Promise<void> => {
      if (!at) return requireCommitted(await lent.send('commit'));
      const key = at === 'environment' ? this.keyring.environment : await this.#keyOfLog(tx, at);
      if (at !== tx.realm) await lent.send(`set local app.org_id = '${checkRealm(at)}'`);
      const records = entries.filter((entry) => entry.realm === at).map((entry) => entry.record);
      await this.chains.commit(lent, at, key, records, this.#now(), () => commitFrom(rest[0], rest.slice(1)));
    };
    // Sent ahead of the commit, which is answered with a rollback where this could not be written.
    const heads = this.heads.store(tx, lent.send);
    heads.catch(() => undefined);
    try {
      await commitFrom(realm, others);
    } catch (error) {
      await heads;
      throw error;
    }
  }
}

/** PostgreSQL answers the commit of a transaction in which a statement failed with a rollback, not with an error. */
function requireCommitted({ command }: { command: string }): void {
  if (command !== 'COMMIT') throw new Error('a transaction was taken back because one of its statements had failed');
}

function checkRealm(realm: Realm): string {
  if (!/^(org_[0-9a-z]{26}|environment)$/.test(realm)) throw new AppError('not_found');
  return realm;
}

function translate(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  if (error instanceof SealError) return new AppError('integrity_failed', error.place ? describeRecord(error.place) : {}, { cause: error });
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === DEADLOCK) return new StaleRow('unavailable', {}, { cause: error });
  if (code === STALE_EPOCH) return new StaleEpoch('unavailable', {}, { cause: error });
  const known =
    SQLSTATES[code] ??
    (NETWORK_CODES.has(code) || /timeout exceeded when trying to connect|Connection terminated|not queryable/.test(error.message)
      ? 'unavailable'
      : undefined);
  return known ? new AppError(known, {}, { cause: error }) : error;
}
