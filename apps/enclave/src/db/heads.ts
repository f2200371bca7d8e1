import { setImmediate as breathe } from 'node:timers/promises';
import type { OrgId } from '@privexbot/contract';
import { type CompiledQuery, type Kysely, sql as raw } from 'kysely';
import { AppError, describeRecord } from '../errors.ts';
import { equalBytes, type Keyring } from '../keys/keyring.ts';
import type { Realm } from './audit-chain.ts';
import { type Change, createHeadMacs, type HeadMacs, replaceIn, type StoredChange, type Sum } from './head-macs.ts';
import type { Lent } from './pipeline.ts';
import type { Tables } from './tables.ts';

interface Protection {
  /** The key column. */
  readonly id: string;
  readonly onMismatch: 'refuse' | 'drop';
  /** Whether what is remembered of rights (`Heads.changes`) is out of date with any change (the default), where a row was replaced or deleted, or never. */
  readonly outdates?: 'replaced' | 'nothing';
}

/**
 * Tables whose rows carry rights, in the order in which a transaction may lock them. A row that
 * is older than, or missing from, what this process knows is refused. Where the whole table no longer adds up at start,
 * sessions are dropped (people sign in again); others stay refused until a consistent backup is restored.
 */
const PROTECTED = {
  challenges: { id: 'id', onMismatch: 'drop', outdates: 'nothing' },
  users: { id: 'id', onMismatch: 'refuse' },
  identities: { id: 'id', onMismatch: 'refuse' },
  credentials: { id: 'id', onMismatch: 'refuse' },
  invitations: { id: 'id', onMismatch: 'refuse' },
  agency_grants: { id: 'id', onMismatch: 'refuse' },
  connections: { id: 'id', onMismatch: 'refuse' },
  connection_hand_overs: { id: 'connection_id', onMismatch: 'refuse', outdates: 'nothing' },
  memberships: { id: 'id', onMismatch: 'refuse' },
  groups: { id: 'id', onMismatch: 'refuse' },
  group_members: { id: 'id', onMismatch: 'refuse' },
  scim_tokens: { id: 'id', onMismatch: 'refuse' },
  scim_users: { id: 'id', onMismatch: 'refuse' },
  workspace_access: { id: 'workspace_id', onMismatch: 'refuse' },
  organization_states: { id: 'org_id', onMismatch: 'refuse' },
  api_keys: { id: 'id', onMismatch: 'refuse' },
  sessions: { id: 'id', onMismatch: 'drop', outdates: 'replaced' },
  live_versions: { id: 'bot_id', onMismatch: 'refuse' },
  deployments: { id: 'id', onMismatch: 'refuse' },
  domains: { id: 'id', onMismatch: 'refuse' },
  policies: { id: 'org_id', onMismatch: 'refuse' },
  audit_settings: { id: 'org_id', onMismatch: 'refuse' },
  audit_sinks: { id: 'id', onMismatch: 'refuse' },
  spending_rules: { id: 'org_id', onMismatch: 'refuse' },
} as const satisfies Record<string, Protection>;

export type ProtectedTable = keyof typeof PROTECTED;
const ORDER = Object.keys(PROTECTED);

/** A table of a realm as this process knows it. */
interface Head {
  counter: number;
  sum: bigint;
  /** By row id. */
  readonly digests: Map<string, bigint>;
  readonly broken: boolean;
}

/** What a transaction is about to do to a head. */
interface Pending {
  readonly realm: Realm;
  readonly table: ProtectedTable;
  readonly before: number;
  counter: number;
  sum: bigint;
  readonly digests: Map<string, bigint | null>;
}

/** The part of a transaction that heads need. */
export interface HeadTransaction {
  readonly sql: Kysely<Tables>;
  readonly realm: Realm;
  /** Called once when the transaction has ended; `committed` is false too where the outcome is unknown. */
  onEnd(callback: (committed: boolean) => void): void;
}

type Read = <T>(realm: Realm, fn: (tx: HeadTransaction) => Promise<T>) => Promise<T>;

/** A row is not the latest, perhaps because another transaction replaced it while it was read: reading again tells. */
export class StaleRow extends AppError {}

const NOTHING = { counter: 0, sum: 0n };
/** Changes kept per table and realm, by counter, and how often older ones are dropped. Who is further behind compares the whole table. */
const KEPT = 8_192;
const DROPPED_EVERY = 512;
/** Rows compared in one go, so that a large table keeps no request waiting. */
const AT_ONCE = 1_000;

/**
 * Against rollback and deletion by whoever can write the database: a keyed sum over all rows of a protected table, kept
 * in memory and, across restarts, in `heads`. Servers on one database take turns by the head's row, and follow each
 * other's changes by `head_changes`. A database set back as a whole to an older state is recognised by none that starts then.
 */
export class Heads {
  readonly #macs: HeadMacs;
  readonly #read: Read;
  readonly #heads = new Map<string, Head>();
  readonly #loading = new Map<string, Promise<Head>>();
  /** How far heads had come that are no longer in memory: an older one does not take their place. */
  readonly #floors = new Map<string, number>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #held = new WeakMap<HeadTransaction, Map<string, { table: ProtectedTable; ready: Promise<void> }>>();
  readonly #pending = new WeakMap<HeadTransaction, Map<string, Pending>>();
  #changes = 0;
  /** All transactions before this one have ended, and what they changed was seen. */
  #horizon: number | null = null;

  constructor(keyring: Keyring, read: Read) {
    this.#macs = createHeadMacs(keyring);
    this.#read = read;
  }

  /** Grows whenever rows that carry rights were changed: what was derived from such rows before is out of date. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Waits until no other transaction, of any server, changes the table of the realm; what is read from then on is the
   * latest. Lock before the first row is locked, several tables in the order of `PROTECTED`, else two transactions may
   * wait for each other.
   */
  async lock(tx: HeadTransaction, table: ProtectedTable, realm: Realm = tx.realm): Promise<void> {
    return this.lockAll(tx, [[table, realm]]);
  }

  /** The same for several at once, whose statements go to the database together. */
  async lockAll(tx: HeadTransaction, wanted: readonly (readonly [ProtectedTable, Realm])[]): Promise<void> {
    const held = this.#held.get(tx) ?? new Map<string, { table: ProtectedTable; ready: Promise<void> }>();
    this.#held.set(tx, held);
    const { promise: turns, resolve, reject } = Promise.withResolvers<void>();
    turns.catch(() => undefined);
    const missing = wanted.filter(([table, realm]) => !held.has(nameOf(realm, table)));
    for (const [table, realm] of missing) {
      for (const other of held.values())
        if (ORDER.indexOf(other.table) > ORDER.indexOf(table)) throw new Error(`${table} must be locked before ${other.table}`);
      held.set(nameOf(realm, table), { table, ready: turns.then(() => this.#takeHead(tx.sql, table, realm)) });
    }
    try {
      for (const [table, realm] of missing) {
        await this.#takeTurn(tx, nameOf(realm, table));
        // Before the row is locked, since it may have to be read on another connection.
        await this.#load(realm, table);
      }
      resolve();
    } catch (error) {
      reject(error);
    }
    await Promise.all(wanted.map(([table, realm]) => held.get(nameOf(realm, table))?.ready));
  }

  /** Notes that a row is written (`sealed`) or deleted (`null`) in this transaction. Locks the table, so call it before the row is locked. */
  async record(tx: HeadTransaction, table: ProtectedTable, id: string, sealed: Uint8Array | null, realm: Realm = tx.realm): Promise<void> {
    await this.lock(tx, table, realm);
    const name = nameOf(realm, table);
    const head = this.#heads.get(name);
    if (!head) throw new StaleRow('integrity_failed', describeRecord({ table, realm, id }));
    if (head.broken) throw new AppError('integrity_failed', describeRecord({ table, realm, id }));
    const next = this.#pendingOf(tx, realm, table, head);
    const before = next.digests.has(id) ? next.digests.get(id) : head.digests.get(id);
    const digest = sealed && this.#macs.digest(realm, table, id, sealed);
    next.counter++;
    next.sum = replaceIn(next.sum, before, digest);
    next.digests.set(id, digest);
  }

  /**
   * Refuses a row that is not the latest this environment, or the transaction itself, wrote under that id. For rows that take
   * rights away, `null` refuses that there is none where one was written.
   * @throws AppError `integrity_failed`, as `StaleRow` where the transaction has not locked the table
   */
  async check(tx: HeadTransaction, table: ProtectedTable, id: string, sealed: Uint8Array | null, realm: Realm = tx.realm): Promise<void> {
    const name = nameOf(realm, table);
    const given = sealed && this.#macs.digest(realm, table, id, sealed);
    const own = this.#pending.get(tx)?.get(name)?.digests;
    const isLatest = (head: Head) => !head.broken && ((own?.has(id) ? own.get(id) : head.digests.get(id)) ?? null) === given;
    const head = await this.#load(realm, table);
    if (isLatest(head)) return;
    const final = head.broken || this.#held.get(tx)?.has(name);
    if (!final) {
      // Another server may have written it a moment ago.
      await this.#follow(tx.sql, realm, table);
      if (isLatest(await this.#load(realm, table))) return;
    }
    throw new (final ? AppError : StaleRow)('integrity_failed', describeRecord({ table, realm, id }));
  }

  /**
   * Writes what the transaction recorded, when nothing else but its commit is left: until then nothing vouches for its rows.
   * All statements are sent in this very step.
   */
  async store(tx: HeadTransaction, send: Lent['send']): Promise<void> {
    const statements = [...(this.#pending.get(tx)?.values() ?? [])].flatMap((change) => this.#toStatements(tx.sql, change));
    await Promise.all(statements.map(({ sql, parameters }) => send(sql, parameters)));
  }

  /** Grows with each change to the table in the realm, also across restarts. */
  async counter(realm: Realm, table: ProtectedTable): Promise<number> {
    return (await this.#load(realm, table)).counter;
  }

  /** By row id, what the latest content of each row adds to the sum: another value means that the row was changed. */
  async digests(realm: Realm, table: ProtectedTable): Promise<ReadonlyMap<string, unknown>> {
    return (await this.#load(realm, table)).digests;
  }

  /** Waits for the changes that are under way in this process. */
  async settle(): Promise<void> {
    await Promise.all(this.#turns.values());
  }

  /** Learns what other servers changed since the last call. A deleted row that somebody puts back is accepted until then. */
  async poll(): Promise<void> {
    const horizon = this.#horizon;
    const { rows } = await this.#read('environment', ({ sql }) =>
      raw<StoredChange & { realm: Realm | null; name: ProtectedTable; horizon: number }>`
        select realm, name, before, counter, digests, mac, now.horizon
        from (select pg_snapshot_xmin(at)::text::bigint as horizon, pg_snapshot_xmax(at)::text::bigint as next from pg_current_snapshot() at) now
        left join head_changes on written_in >= ${horizon}::bigint and written_in < now.next
        order by realm, name, counter`.execute(sql),
    );
    for (const { realm, name, ...change } of rows) {
      if (realm === null || !Object.hasOwn(PROTECTED, name)) continue;
      await this.#loading.get(nameOf(realm, name))?.catch(() => undefined);
      if (this.#heads.has(nameOf(realm, name))) this.#apply(realm, name, [change]);
      // What was derived from rows may be in memory where the sum over them is not.
      else this.#changes++;
    }
    this.#horizon = rows[0]?.horizon ?? horizon;
  }

  /** Forgets what is known of an organization's tables, after it was deleted. */
  forget(org: OrgId): void {
    for (const table of Object.keys(PROTECTED)) this.#heads.delete(nameOf(org, table));
  }

  /** Waits for the transactions of this process that asked before, so that they get the lock in their order. */
  async #takeTurn(tx: HeadTransaction, name: string): Promise<void> {
    const before = this.#turns.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns.set(name, promise);
    tx.onEnd(() => {
      if (this.#turns.get(name) === promise) this.#turns.delete(name);
      resolve();
    });
    await before;
  }

  /** Locks the head's row until the transaction ends, and catches up with it. */
  async #takeHead(sql: Kysely<Tables>, table: ProtectedTable, realm: Realm): Promise<void> {
    const known = this.#heads.get(nameOf(realm, table));
    if (known?.broken) return;
    const stored = await this.#lockStored(sql, table, realm);
    if (!known || stored.counter > known.counter) await this.#follow(sql, realm, table);
    const record = describeRecord({ table, realm, id: 'head' });
    const head = this.#heads.get(nameOf(realm, table));
    if (!head || stored.counter > head.counter) {
      this.#drop(nameOf(realm, table));
      throw new StaleRow('integrity_failed', record);
    }
    if (!isSame(stored, this.#macs.packHead(realm, table, head))) throw new AppError('integrity_failed', record);
  }

  async #lockStored(sql: Kysely<Tables>, table: ProtectedTable, realm: Realm): Promise<Tables['heads']> {
    const find = () => sql.selectFrom('heads').selectAll().where('realm', '=', realm).where('name', '=', table).forUpdate();
    const stored = await find().executeTakeFirst();
    if (stored) return stored;
    const first = { realm, name: table, ...this.#macs.packHead(realm, table, NOTHING) };
    await sql
      .insertInto('heads')
      .values(first)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return find().executeTakeFirstOrThrow();
  }

  async #load(realm: Realm, table: ProtectedTable): Promise<Head> {
    const name = nameOf(realm, table);
    const known = this.#heads.get(name) ?? this.#loading.get(name);
    if (known) return known;
    const loading = this.#compare(realm, table)
      .then((head) => {
        this.#heads.set(name, head);
        return head;
      })
      .finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    return loading;
  }

  async #compare(realm: Realm, table: ProtectedTable): Promise<Head> {
    // Known before the rows are read, which must not be older.
    const floor = this.#floors.get(nameOf(realm, table)) ?? 0;
    // Head and rows of one moment, also after a commit whose outcome was not heard, without waiting for anybody.
    const head = await this.#read(realm, async (tx) => {
      await raw`set transaction isolation level repeatable read`.execute(tx.sql);
      return this.#sumUp(tx, table, floor);
    });
    if (!head.broken || PROTECTED[table].onMismatch === 'refuse') return head;
    return this.#read(realm, async (tx) => {
      const { counter } = await this.#lockStored(tx.sql, table, realm);
      // Another server may have dropped them meanwhile.
      const again = await this.#sumUp(tx, table, floor);
      if (!again.broken) return again;
      await raw`delete from ${raw.table(table)}`.execute(tx.sql);
      const empty: Head = { counter: Math.max(counter, floor) + 1, sum: 0n, broken: false, digests: new Map() };
      await this.#update(tx.sql, realm, table, empty).execute();
      return empty;
    });
  }

  async #sumUp({ sql, realm }: HeadTransaction, table: ProtectedTable, floor: number): Promise<Head> {
    const id = raw.ref(PROTECTED[table].id);
    const [stored, { rows }] = await Promise.all([
      sql.selectFrom('heads').selectAll().where('realm', '=', realm).where('name', '=', table).executeTakeFirst(),
      raw<{ id: string; sealed: Uint8Array }>`select ${id} as id, sealed from ${raw.table(table)}`.execute(sql),
    ]);
    const digests = new Map<string, bigint>();
    let sum = 0n;
    for (const [index, row] of rows.entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await breathe();
      const digest = this.#macs.digest(realm, table, row.id, row.sealed);
      digests.set(row.id, digest);
      sum = replaceIn(sum, undefined, digest);
    }
    const counter = stored?.counter ?? 0;
    const isWhole = stored ? isSame(stored, this.#macs.packHead(realm, table, { counter, sum })) : rows.length === 0;
    return { counter, sum, digests, broken: !isWhole || counter < floor };
  }

  /** What the transaction is about to change; it becomes the head when the transaction is committed. */
  #pendingOf(tx: HeadTransaction, realm: Realm, table: ProtectedTable, { counter, sum }: Head): Pending {
    const pending = this.#pending.get(tx) ?? new Map<string, Pending>();
    this.#pending.set(tx, pending);
    const name = nameOf(realm, table);
    const begun = pending.get(name);
    if (begun) return begun;
    const next: Pending = { realm, table, before: counter, counter, sum, digests: new Map() };
    pending.set(name, next);
    // Where it was not committed, or nobody knows, whoever needs the table next looks.
    tx.onEnd((committed) => {
      if (!committed) return;
      const head = this.#heads.get(name);
      if (head?.counter === next.before) this.#advance(table, head, next);
      else if (!head) {
        this.#raiseFloor(name, next.counter);
        this.#changes++;
      }
    });
    return next;
  }

  #toStatements(sql: Kysely<Tables>, { realm, table, ...change }: Pending): CompiledQuery[] {
    const row = { realm, name: table, ...this.#macs.packChange(realm, table, change) };
    // Both in one statement: there are many of these.
    const both = sql
      .with('head', () => this.#update(sql, realm, table, change))
      .insertInto('head_changes')
      .values(row);
    const isTimeToDrop = Math.floor(change.before / DROPPED_EVERY) !== Math.floor(change.counter / DROPPED_EVERY);
    if (!isTimeToDrop) return [both.compile()];
    const old = sql.deleteFrom('head_changes').where('realm', '=', realm).where('name', '=', table);
    return [both.compile(), old.where('counter', '<=', change.counter - KEPT).compile()];
  }

  #update(sql: Kysely<Tables>, realm: Realm, table: ProtectedTable, head: Sum) {
    const row = this.#macs.packHead(realm, table, head);
    return sql.updateTable('heads').set(row).where('realm', '=', realm).where('name', '=', table);
  }

  async #follow(sql: Kysely<Tables>, realm: Realm, table: ProtectedTable): Promise<void> {
    const head = this.#heads.get(nameOf(realm, table));
    if (!head) return;
    const changes = await sql
      .selectFrom('head_changes')
      .select(['before', 'counter', 'digests', 'mac'])
      .where('realm', '=', realm)
      .where('name', '=', table)
      .where('counter', '>', head.counter)
      .orderBy('counter')
      .execute();
    this.#apply(realm, table, changes);
  }

  /** Follows changes, in order. Where they do not lead on from what is known, the whole table is compared when it is needed next. */
  #apply(realm: Realm, table: ProtectedTable, changes: readonly StoredChange[]): void {
    const name = nameOf(realm, table);
    const head = this.#heads.get(name);
    if (!head || head.broken) return;
    for (const stored of changes) {
      if (stored.counter <= head.counter) continue;
      const change = this.#macs.openChange(realm, table, stored, head, head.digests);
      if (!change) {
        this.#drop(name);
        return;
      }
      this.#advance(table, head, change);
    }
  }

  #advance(table: ProtectedTable, head: Head, { counter, sum, digests }: Change): void {
    const { outdates }: Protection = PROTECTED[table];
    const ids = outdates === 'replaced' ? [...digests.keys()].filter((id) => head.digests.has(id)) : [...digests.keys()];
    if (outdates !== 'nothing' && ids.length > 0) this.#changes++;
    head.counter = counter;
    head.sum = sum;
    for (const [id, digest] of digests) digest === null ? head.digests.delete(id) : head.digests.set(id, digest);
  }

  #drop(name: string): void {
    const head = this.#heads.get(name);
    if (!head) return;
    this.#heads.delete(name);
    this.#raiseFloor(name, head.counter);
    this.#changes++;
  }

  #raiseFloor(name: string, counter: number): void {
    this.#floors.set(name, Math.max(counter, this.#floors.get(name) ?? 0));
  }
}

function nameOf(realm: Realm, table: string): string {
  return `${realm} ${table}`;
}

function isSame(a: Pick<Tables['heads'], 'counter' | 'sum' | 'mac'>, b: typeof a): boolean {
  return a.counter === b.counter && equalBytes(a.sum, b.sum) && equalBytes(a.mac, b.mac);
}
