import { createHash, createHmac, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type AuditAction, auditCheckpointText, auditEntryText, type CheckpointChains, type OrgId } from '@privexbot/contract';
import { type Kysely, sql as raw } from 'kysely';
import type { Keyring } from '../keys/keyring.ts';
import { type SealingKey, sealValue } from '../keys/seal.ts';
import { randomBytes } from '../random.ts';
import type { Lent } from './pipeline.ts';
import type { Tables } from './tables.ts';

/** An organization, or the environment itself. */
export type Realm = OrgId | 'environment';

/** What an entry says. Ids, counts, roles and states only; never content. */
export interface AuditRecord {
  readonly action: AuditAction;
  /** A user's or API key's id, `visitor`, or `system`. */
  readonly actor: string;
  readonly target?: string | undefined;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Drops what is too old, in the transaction of the checkpoint that says so. */
export type Drop = () => Promise<Dropped | undefined>;

interface Lane {
  readonly writer: string;
  sequence: number;
  mac: Uint8Array;
  link: Uint8Array;
  waiting: number;
  turn: Promise<void>;
}

/** A checkpoint as the next one names it. */
interface Checkpoint {
  readonly id: string;
  readonly digest: string;
}

/**
 * The last entry of a chain, as checkpoints state it. Its MAC tells this environment that the stored row is the one that was written;
 * its link tells the same to whoever holds an export. Chains of earlier versions have no link there.
 */
export type ChainEnd = CheckpointChains['ends'][number];
export type Dropped = NonNullable<CheckpointChains['dropped']>;

/** Chains per realm, so that changes of one organization rarely wait for each other. */
const LANES = 4;
const NO_MAC = new Uint8Array(32);
/** Any constant that is not used elsewhere: servers that sign checkpoints of one realm wait for each other on it. */
const LOCK = 7_405_317;
/** Checkpoints of other servers read at most; a gap before these is found when the log is verified. */
const FOLLOWED = 100;

/**
 * Chains audit entries: per (organization, writer) each entry's MAC covers the one before it. An entry is written in
 * the transaction of the change it describes; its lane is held only from then to the commit.
 */
export class AuditChains {
  readonly #macKey: KeyObject;
  readonly #saltKey: KeyObject;
  readonly #signingKey: KeyObject;
  readonly #process = randomBytes(6).toString('hex');
  readonly #salt = randomBytes(32);
  readonly #lanes = new Map<Realm, Lane[]>();
  readonly #unsigned = new Set<Realm>();
  readonly #lastCheckpoint = new Map<Realm, Checkpoint>();
  /** Organizations that were deleted: there is nothing to sign any more. */
  readonly #gone = new Set<Realm>();
  #made = 0;

  constructor(keyring: Keyring) {
    this.#macKey = keyring.mac('audit');
    this.#saltKey = keyring.mac('audit salt');
    this.#signingKey = keyring.signingKey('audit');
  }

  /** Inserts the records and commits, as one step of their lane. */
  async commit(
    { sql, send }: Lent,
    realm: Realm,
    key: SealingKey,
    records: readonly AuditRecord[],
    at: Date,
    commit: () => Promise<void>,
  ): Promise<void> {
    const lane = this.#shortest(realm);
    const before = lane.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    lane.turn = promise;
    lane.waiting++;
    try {
      await before;
      let { sequence, mac, link } = lane;
      const rows = records.map((record) => {
        sequence++;
        const sealed = sealValue(key, entryPlace(realm, lane.writer, sequence), record, this.#salt);
        link = entryLink(this.#saltKey, link, { org_id: realm, writer: lane.writer, sequence, at }, record);
        mac = entryMac(this.#macKey, mac, { org_id: realm, writer: lane.writer, sequence, at, sealed });
        return { org_id: realm, writer: lane.writer, sequence, at, sealed, mac };
      });
      // Sent together: where the entries cannot be written, PostgreSQL answers the commit by taking everything back.
      const insert = sql.insertInto('audit_entries').values(rows).compile();
      await Promise.all([send(insert.sql, insert.parameters), commit()]);
      lane.sequence = sequence;
      lane.mac = mac;
      lane.link = link;
      this.#unsigned.add(realm);
    } catch (error) {
      // Whether the commit arrived may be unknown: this chain ends here, and the next entry begins another.
      this.#retire(realm, lane);
      throw error;
    } finally {
      lane.waiting--;
      resolve();
    }
  }

  /** Realms with entries that no checkpoint covers yet. */
  takeUnsigned(): Realm[] {
    const realms = [...this.#unsigned];
    this.#unsigned.clear();
    return realms;
  }

  /** Forgets the chains of an organization, after it was deleted. */
  forget(org: OrgId): void {
    this.#gone.add(org);
    this.#lanes.delete(org);
    this.#unsigned.delete(org);
    this.#lastCheckpoint.delete(org);
  }

  /** Puts a realm back whose checkpoint may not have been written. */
  returnUnsigned(realm: Realm): void {
    if (this.#gone.has(realm)) return;
    this.#unsigned.add(realm);
    this.#lastCheckpoint.delete(realm);
  }

  /**
   * Signs the ends of this process's chains, joined to the checkpoint before, whichever server wrote that. Call it in a
   * transaction of the realm, for one realm at a time; `signed` tells that it is committed.
   * @param drop drops old entries while nobody signs, and tells which
   */
  async checkpoint(sql: Kysely<Tables>, realm: Realm, at: Date, drop?: Drop): Promise<{ signed(): void }> {
    await raw`select pg_advisory_xact_lock(${LOCK}, hashtext(${realm}))`.execute(sql);
    const previous = await this.#findPrevious(sql, realm);
    // Their order is that of their ids, also where the other server's clock is ahead.
    const time = Math.max(at.getTime(), previous ? Number.parseInt(previous.id, 10) + 1 : 0);
    const id = `${time.toString().padStart(14, '0')}-${this.#process}`;
    const dropped = drop && (await drop());
    const chains = JSON.stringify({ previous: previous?.digest ?? '', ends: this.ends(realm), ...(dropped ? { dropped } : {}) });
    const signature = new Uint8Array(sign(null, checkpointBytes(realm, id, at, chains), this.#signingKey));
    await sql.insertInto('audit_checkpoints').values({ org_id: realm, id, at, chains, signature }).execute();
    return { signed: () => void this.#lastCheckpoint.set(realm, { id, digest: digest(signature) }) };
  }

  /** The newest there is; if the last one that this process knows is gone, that one, so that the gap is seen. */
  async #findPrevious(sql: Kysely<Tables>, realm: Realm): Promise<Checkpoint | undefined> {
    const known = this.#lastCheckpoint.get(realm);
    let query = sql.selectFrom('audit_checkpoints').select(['id', 'signature']).where('org_id', '=', realm);
    if (known) query = query.where('id', '>=', known.id);
    const rows = (await query.orderBy('id', 'desc').limit(FOLLOWED).execute()).map(({ id, signature }) => ({
      id,
      digest: digest(signature),
    }));
    const isKnownThere = !known || rows.length === FOLLOWED || rows.at(-1)?.digest === known.digest;
    if (isKnownThere) return rows[0];
    const dropped = await this.findDropped(sql, realm);
    return dropped?.checkpoint && dropped.checkpoint.id >= known.id ? rows[0] : known;
  }

  /** The newest signed statement of what was dropped. */
  async findDropped(sql: Kysely<Tables>, realm: Realm): Promise<Dropped | undefined> {
    const row = await sql
      .selectFrom('audit_checkpoints')
      .selectAll()
      .where('org_id', '=', realm)
      .where('chains', 'like', '%"dropped":{%')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && isSigned(createPublicKey(this.#signingKey), row) ? readChains(row).dropped : undefined;
  }

  /** The last committed entry of each chain this process is writing. */
  ends(realm: Realm): ChainEnd[] {
    return (this.#lanes.get(realm) ?? [])
      .filter((lane) => lane.sequence > 0)
      .map((lane) => [lane.writer, lane.sequence, hex(lane.mac), hex(lane.link)]);
  }

  /** The last checkpoint this process wrote or joined, if it did. */
  lastCheckpoint(realm: Realm): Checkpoint | undefined {
    return this.#lastCheckpoint.get(realm);
  }

  #shortest(realm: Realm): Lane {
    const lanes = this.#lanes.get(realm) ?? [];
    this.#lanes.set(realm, lanes);
    const free = lanes.find((lane) => lane.waiting === 0);
    if (free) return free;
    if (lanes.length < LANES) {
      const writer = `${this.#process}-${++this.#made}`;
      const lane: Lane = { writer, sequence: 0, mac: NO_MAC, link: NO_MAC, waiting: 0, turn: Promise.resolve() };
      lanes.push(lane);
      return lane;
    }
    return lanes.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
  }

  #retire(realm: Realm, lane: Lane): void {
    const lanes = this.#lanes.get(realm);
    const index = lanes?.indexOf(lane) ?? -1;
    if (index >= 0) lanes?.splice(index, 1);
  }
}

/** The MAC of an entry over the one before it (`NO_MAC` for the first of a chain). */
export function entryMac(
  key: KeyObject,
  before: Uint8Array | undefined,
  entry: Omit<Tables['audit_entries'], 'mac'>,
): Uint8Array<ArrayBuffer> {
  const head = JSON.stringify([entry.org_id, entry.writer, entry.sequence, entry.at.toISOString()]);
  return new Uint8Array(
    createHmac('sha256', key)
      .update(before ?? NO_MAC)
      .update(head)
      .update(entry.sealed)
      .digest(),
  );
}

export function entryPlace(realm: string, writer: string, sequence: number) {
  return { table: 'audit_entries', realm, id: writer, version: sequence };
}

/** The link of an entry to the one before it, which needs no key to be checked: the salt alone keeps entries from being guessed. */
export function entryLink(
  saltKey: KeyObject,
  before: Uint8Array | undefined,
  entry: Pick<Tables['audit_entries'], 'org_id' | 'writer' | 'sequence' | 'at'>,
  { action, actor, target, facts = {} }: AuditRecord,
): Uint8Array<ArrayBuffer> {
  const { org_id, writer, sequence, at } = entry;
  const text = auditEntryText(org_id, { writer, sequence, at: at.toISOString(), action, actor, target, facts });
  return new Uint8Array(
    createHash('sha256')
      .update(before ?? NO_MAC)
      .update(entrySalt(saltKey, entry))
      .update(text)
      .digest(),
  );
}

/** 16 bytes that only this environment can name, the same whenever it is asked. */
export function entrySalt(
  saltKey: KeyObject,
  { org_id, writer, sequence }: Pick<Tables['audit_entries'], 'org_id' | 'writer' | 'sequence'>,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    createHmac('sha256', saltKey)
      .update(JSON.stringify([org_id, writer, sequence]))
      .digest()
      .subarray(0, 16),
  );
}

/** What a checkpoint's Ed25519 signature covers. */
function checkpointBytes(realm: string, id: string, at: Date, chains: string): Uint8Array {
  return Buffer.from(auditCheckpointText(realm, { id, at: at.toISOString(), chains }));
}

export function isSigned(key: KeyObject, { org_id, id, at, chains, signature }: Tables['audit_checkpoints']): boolean {
  return verify(null, checkpointBytes(org_id, id, at, chains), key, signature);
}

/** Of a checkpoint whose signature was looked at: it is of the form it was written in. */
export function readChains({ chains }: Pick<Tables['audit_checkpoints'], 'chains'>): CheckpointChains {
  return JSON.parse(chains) as CheckpointChains;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** How a checkpoint names the one before it. */
export function digest(signature: Uint8Array): string {
  return createHash('sha256').update(signature).digest('hex');
}
