import { createHmac, type KeyObject } from 'node:crypto';
import type { OrgId } from '@privexbot/contract';
import { type Kysely, sql as raw } from 'kysely';
import { AppError, describeRecord } from '../errors.ts';
import { equalBytes, type Keyring } from '../keys/keyring.ts';
import type { Realm } from './audit-chain.ts';
import type { Tables } from './tables.ts';

/**
 * Tables whose rows carry rights, and their key column, in the order in which a transaction may lock them. A row that
 * is older than, or missing from, what this process knows is refused. Where the whole table no longer adds up at start,
 * sessions are dropped (people sign in again); others stay refused until a consistent backup is restored.
 */
const PROTECTED = {
  challenges: { id: 'id', onMismatch: 'drop' },
  users: { id: 'id', onMismatch: 'refuse' },
  identities: { id: 'id', onMismatch: 'refuse' },
  credentials: { id: 'id', onMismatch: 'refuse' },
  invitations: { id: 'id', onMismatch: 'refuse' },
  agency_grants: { id: 'id', onMismatch: 'refuse' },
  memberships: { id: 'id', onMismatch: 'refuse' },
  groups: { id: 'id', onMismatch: 'refuse' },
  group_members: { id: 'id', onMismatch: 'refuse' },
  workspace_access: { id: 'workspace_id', onMismatch: 'refuse' },
  organization_states: { id: 'org_id', onMismatch: 'refuse' },
  api_keys: { id: 'id', onMismatch: 'refuse' },
  sessions: { id: 'id', onMismatch: 'drop' },
  live_versions: { id: 'bot_id', onMismatch: 'refuse' },
  deployments: { id: 'id', onMismatch: 'refuse' },
  domains: { id: 'id', onMismatch: 'refuse' },
} as const;

export type ProtectedTable = keyof typeof PROTECTED;
const ORDER = Object.keys(PROTECTED);

interface Sum {
  counter: number;
  sum: bigint;
  /** By row id; in a pending change `null` where the row is deleted. */
  readonly digests: Map<string, bigint | null>;
}
type Head = Sum & { readonly broken: boolean };

/** The part of a transaction that heads need. */
export interface HeadTransaction {
  readonly sql: Kysely<Tables>;
  readonly realm: Realm;
  /** Called once when the transaction has ended; `committed` is false too where the outcome is unknown. */
  onEnd(callback: (committed: boolean) => void): void;
}

/** A row is not the latest, perhaps because another transaction replaced it while it was read: reading again tells. */
export class StaleRow extends AppError {}

const MODULUS = 1n << 256n;

/**
 * Against rollback and deletion by whoever can write the database: a keyed sum over all rows of a protected table, kept
 * in memory and, across restarts, in `heads`. A database set back as a whole to an older state is not recognised.
 */
export class Heads {
  readonly #rowKey: KeyObject;
  readonly #headKey: KeyObject;
  readonly #read: <T>(realm: Realm, fn: (tx: HeadTransaction) => Promise<T>) => Promise<T>;
  readonly #heads = new Map<string, Promise<Head>>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #held = new WeakMap<HeadTransaction, Map<string, ProtectedTable>>();
  readonly #pending = new WeakMap<HeadTransaction, Map<string, Sum>>();
  #changes = 0;

  constructor(keyring: Keyring, read: <T>(realm: Realm, fn: (tx: HeadTransaction) => Promise<T>) => Promise<T>) {
    this.#rowKey = keyring.mac('head row');
    this.#headKey = keyring.mac('head');
    this.#read = read;
  }

  /** Grows whenever rows that carry rights were changed: what was derived from such rows before is out of date. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Waits until no other transaction changes the table of the realm; what is read from then on is the latest. Lock before
   * the first row is locked, several tables in the order of `PROTECTED`, else two transactions may wait for each other.
   */
  async lock(tx: HeadTransaction, table: ProtectedTable, realm: Realm = tx.realm): Promise<void> {
    const held = this.#held.get(tx) ?? new Map<string, ProtectedTable>();
    const name = `${realm} ${table}`;
    if (held.has(name)) return;
    for (const other of held.values())
      if (ORDER.indexOf(other) > ORDER.indexOf(table)) throw new Error(`${table} must be locked before ${other}`);
    this.#held.set(tx, held.set(name, table));
    const before = this.#turns.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns.set(name, promise);
    tx.onEnd(() => {
      if (this.#turns.get(name) === promise) this.#turns.delete(name);
      resolve();
    });
    await before;
  }

  /** Notes, before it is done, that a row will be written (`sealed`) or deleted (`null`) in this transaction. Locks the table. */
  async record(tx: HeadTransaction, table: ProtectedTable, id: string, sealed: Uint8Array | null, realm: Realm = tx.realm): Promise<void> {
    await this.lock(tx, table, realm);
    const head = await this.#load(realm, table);
    if (head.broken) throw new AppError('integrity_failed', describeRecord({ table, realm, id }));
    const next = this.#pendingOf(tx, `${realm} ${table}`, head);
    const before = next.digests.has(id) ? next.digests.get(id) : head.digests.get(id);
    const digest = sealed && this.#digest(realm, table, id, sealed);
    next.counter++;
    next.sum = (next.sum - (before ?? 0n) + (digest ?? 0n) + MODULUS) % MODULUS;
    next.digests.set(id, digest);
    await this.#store(tx.sql, realm, table, next);
  }

  /**
   * Refuses a row that is not the latest this environment, or the transaction itself, wrote under that id. For rows that take
   * rights away, `null` refuses that there is none where one was written.
   * @throws AppError `integrity_failed`, as `StaleRow` where the transaction has not locked the table
   */
  async check(tx: HeadTransaction, table: ProtectedTable, id: string, sealed: Uint8Array | null, realm: Realm = tx.realm): Promise<void> {
    const head = await this.#load(realm, table);
    const given = sealed ? this.#digest(realm, table, id, sealed) : null;
    // What the transaction itself has written is the latest, to itself.
    const own = this.#pending.get(tx)?.get(`${realm} ${table}`)?.digests;
    const latest = own?.has(id) ? own.get(id) : head.digests.get(id);
    if (!head.broken && (latest ?? null) === given) return;
    const final = head.broken || this.#held.get(tx)?.has(`${realm} ${table}`);
    throw new (final ? AppError : StaleRow)('integrity_failed', describeRecord({ table, realm, id }));
  }

  /** Grows with each change to the table in the realm, also across restarts. */
  async counter(realm: Realm, table: ProtectedTable): Promise<number> {
    return (await this.#load(realm, table)).counter;
  }

  /** Waits for the changes that are under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#turns.values());
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
    // Whoever changes rows holds the head's row until the commit: with it locked, head and rows are of one moment, also
    // after a commit whose outcome was not heard.
    const stored = await sql
      .selectFrom('heads')
      .selectAll()
      .where('realm', '=', realm)
      .where('name', '=', table)
      .forUpdate()
      .executeTakeFirst();
    const { rows } = await raw<{ id: string; sealed: Uint8Array }>`select ${raw.ref(id)} as id, sealed from ${raw.table(table)}`.execute(
      sql,
    );
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
    await this.#store(sql, realm, table, head);
    return head;
  }

  /** What the transaction is about to change; it becomes the head when the transaction is committed. */
  #pendingOf(tx: HeadTransaction, name: string, head: Head): Sum {
    const pending = this.#pending.get(tx) ?? new Map<string, Sum>();
    this.#pending.set(tx, pending);
    const begun = pending.get(name);
    if (begun) return begun;
    const next: Sum = { counter: head.counter, sum: head.sum, digests: new Map() };
    pending.set(name, next);
    tx.onEnd((committed) => {
      if (!committed) return void this.#heads.delete(name);
      head.counter = next.counter;
      head.sum = next.sum;
      for (const [id, digest] of next.digests) digest === null ? head.digests.delete(id) : head.digests.set(id, digest);
      this.#changes++;
    });
    return next;
  }

  async #store(sql: Kysely<Tables>, realm: Realm, table: ProtectedTable, head: Sum): Promise<void> {
    const row = { realm, name: table, counter: head.counter, ...this.#pack(realm, table, head) };
    await sql
      .insertInto('heads')
      .values(row)
      .onConflict((conflict) => conflict.columns(['realm', 'name']).doUpdateSet(row))
      .execute();
  }

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
