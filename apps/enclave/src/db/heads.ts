import { createHmac } from 'node:crypto';
import type { OrgId } from '@privexbot/contract';
import { type Kysely, sql as raw } from 'kysely';
import { AppError } from '../errors.ts';
import { equalBytes, type Keyring } from '../keys/keyring.ts';
import type { Realm } from './audit-chain.ts';
import type { Tables } from './tables.ts';

/**
 * Tables whose rows carry rights, and their key column. A row that is older than, or missing from, what this process
 * knows is refused. Where the whole table no longer adds up at start, sessions and one-time links are dropped (people
 * sign in again); others stay refused until a consistent backup is restored.
 */
const PROTECTED = {
  sessions: { id: 'id', onMismatch: 'drop' },
  tokens: { id: 'id', onMismatch: 'drop' },
  memberships: { id: 'id', onMismatch: 'refuse' },
  invitations: { id: 'id', onMismatch: 'refuse' },
  api_keys: { id: 'id', onMismatch: 'refuse' },
  live_versions: { id: 'bot_id', onMismatch: 'refuse' },
  deployments: { id: 'id', onMismatch: 'refuse' },
} as const;

export type ProtectedTable = keyof typeof PROTECTED;

interface Head {
  counter: number;
  sum: bigint;
  broken: boolean;
  readonly digests: Map<string, bigint>;
}

/** The part of a transaction that heads need. */
export interface HeadTransaction {
  readonly sql: Kysely<Tables>;
  readonly realm: Realm;
  /** Called once when the transaction has ended; `committed` is false too where the outcome is unknown. */
  onEnd(callback: (committed: boolean) => void): void;
}

const MODULUS = 1n << 256n;

/**
 * Against rollback and deletion by whoever can write the database: a keyed sum over all rows of a protected table, kept
 * in memory and, across restarts, in `heads`. A database set back as a whole to an older state is not recognised.
 */
export class Heads {
  readonly #rowKey: Uint8Array;
  readonly #headKey: Uint8Array;
  readonly #read: <T>(realm: Realm, fn: (tx: HeadTransaction) => Promise<T>) => Promise<T>;
  readonly #heads = new Map<string, Promise<Head>>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(keyring: Keyring, read: <T>(realm: Realm, fn: (tx: HeadTransaction) => Promise<T>) => Promise<T>) {
    this.#rowKey = keyring.mac('head row');
    this.#headKey = keyring.mac('head');
    this.#read = read;
  }

  /**
   * Notes that a row was written (`sealed`) or deleted (`null`) in this transaction. Waits for other transactions that
   * change the same table of the same realm.
   */
  async record(tx: HeadTransaction, table: ProtectedTable, changes: readonly { id: string; sealed: Uint8Array | null }[]): Promise<void> {
    const name = `${tx.realm} ${table}`;
    await this.#enter(tx, name);
    const head = await this.#load(tx.realm, table);
    if (head.broken) throw new AppError('integrity_failed');
    const next = { counter: head.counter + 1, sum: head.sum };
    const digests = changes.map(({ id, sealed }) => [id, sealed && this.#digest(tx.realm, table, id, sealed)] as const);
    for (const [id, digest] of digests) next.sum = (next.sum - (head.digests.get(id) ?? 0n) + (digest ?? 0n) + MODULUS) % MODULUS;
    const row = { realm: tx.realm, name: table, counter: next.counter, ...this.#pack(tx.realm, table, next) };
    await tx.sql
      .insertInto('heads')
      .values(row)
      .onConflict((conflict) => conflict.columns(['realm', 'name']).doUpdateSet(row))
      .execute();
    tx.onEnd((committed) => {
      if (!committed) return void this.#heads.delete(name);
      Object.assign(head, next);
      for (const [id, digest] of digests) digest === null ? head.digests.delete(id) : head.digests.set(id, digest);
    });
  }

  /** @throws AppError `integrity_failed` if this is not the latest row this environment wrote under that id */
  async check(realm: Realm, table: ProtectedTable, id: string, sealed: Uint8Array): Promise<void> {
    const head = await this.#load(realm, table);
    if (head.broken || head.digests.get(id) !== this.#digest(realm, table, id, sealed))
      throw new AppError('integrity_failed', { table, id });
  }

  /** Forgets what is known of an organization's tables, after it was deleted. */
  forget(org: OrgId): void {
    for (const table of Object.keys(PROTECTED)) this.#heads.delete(`${org} ${table}`);
  }

  #load(realm: Realm, table: ProtectedTable): Promise<Head> {
    const name = `${realm} ${table}`;
    let head = this.#heads.get(name);
    if (!head) {
      head = this.#read(realm, (tx) => this.#compare(tx, table));
      this.#heads.set(name, head);
      head.catch(() => this.#heads.delete(name));
    }
    return head;
  }

  async #compare({ sql, realm }: HeadTransaction, table: ProtectedTable): Promise<Head> {
    const { id, onMismatch } = PROTECTED[table];
    const { rows } = await raw<{ id: string; sealed: Uint8Array }>`select ${raw.ref(id)} as id, sealed from ${raw.table(table)}`.execute(
      sql,
    );
    const stored = await sql.selectFrom('heads').selectAll().where('realm', '=', realm).where('name', '=', table).executeTakeFirst();
    const head: Head = { counter: stored?.counter ?? 0, sum: 0n, broken: false, digests: new Map() };
    for (const row of rows) {
      const digest = this.#digest(realm, table, row.id, row.sealed);
      head.digests.set(row.id, digest);
      head.sum = (head.sum + digest) % MODULUS;
    }
    const expected = this.#pack(realm, table, head);
    const matches = stored ? equalBytes(stored.sum, expected.sum) && equalBytes(stored.mac, expected.mac) : rows.length === 0;
    if (matches) return head;
    if (onMismatch === 'refuse') return { ...head, broken: true };
    return this.#drop(sql, realm, table, head.counter + 1);
  }

  async #drop(sql: Kysely<Tables>, realm: Realm, table: ProtectedTable, counter: number): Promise<Head> {
    const head: Head = { counter, sum: 0n, broken: false, digests: new Map() };
    await raw`delete from ${raw.table(table)}`.execute(sql);
    const row = { realm, name: table, counter, ...this.#pack(realm, table, head) };
    await sql
      .insertInto('heads')
      .values(row)
      .onConflict((conflict) => conflict.columns(['realm', 'name']).doUpdateSet(row))
      .execute();
    return head;
  }

  /** Waits for the table's turn once per transaction; the turn ends with the transaction. */
  async #enter(tx: HeadTransaction, name: string): Promise<void> {
    const held = this.#held.get(tx) ?? new Set<string>();
    if (held.has(name)) return;
    this.#held.set(tx, held.add(name));
    const before = this.#turns.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns.set(name, promise);
    tx.onEnd(() => resolve());
    await before;
  }
  readonly #held = new WeakMap<HeadTransaction, Set<string>>();

  #digest(realm: Realm, table: string, id: string, sealed: Uint8Array): bigint {
    const mac = createHmac('sha256', this.#rowKey)
      .update(JSON.stringify([realm, table, id]))
      .update(sealed)
      .digest('hex');
    return BigInt(`0x${mac}`);
  }

  #pack(realm: Realm, table: string, { counter, sum }: { counter: number; sum: bigint }) {
    const bytes = new Uint8Array(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex'));
    const mac = createHmac('sha256', this.#headKey)
      .update(JSON.stringify([realm, table, counter]))
      .update(bytes)
      .digest();
    return { sum: bytes, mac: new Uint8Array(mac) };
  }
}
