import { createHash, createHmac, type KeyObject, sign } from 'node:crypto';
import type { AuditAction, OrgId } from '@privexbot/contract';
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

interface Lane {
  readonly writer: string;
  sequence: number;
  mac: Uint8Array;
  waiting: number;
  turn: Promise<void>;
}

/** A checkpoint as the next one names it. */
interface Checkpoint {
  readonly id: string;
  readonly digest: string;
}

export type ChainEnd = readonly [writer: string, sequence: number, mac: string];

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
  readonly #signingKey: KeyObject;
  readonly #process = randomBytes(6).toString('hex');
  readonly #salt = randomBytes(32);
  readonly #lanes = new Map<Realm, Lane[]>();
  readonly #unsigned = new Set<Realm>();
  readonly #lastCheckpoint = new Map<Realm, Checkpoint>();
  #made = 0;

  constructor(keyring: Keyring) {
    this.#macKey = keyring.mac('audit');
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
      let { sequence, mac } = lane;
      const rows = records.map((record) => {
        sequence++;
        const sealed = sealValue(key, entryPlace(realm, lane.writer, sequence), record, this.#salt);
        mac = entryMac(this.#macKey, mac, { org_id: realm, writer: lane.writer, sequence, at, sealed });
        return { org_id: realm, writer: lane.writer, sequence, at, sealed, mac };
      });
      // Sent together: where the entries cannot be written, PostgreSQL answers the commit by taking everything back.
      const insert = sql.insertInto('audit_entries').values(rows).compile();
      await Promise.all([send(insert.sql, insert.parameters), commit()]);
      lane.sequence = sequence;
      lane.mac = mac;
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

  /** Puts a realm back whose checkpoint may not have been written. */
  returnUnsigned(realm: Realm): void {
    this.#unsigned.add(realm);
    this.#lastCheckpoint.delete(realm);
  }

  /**
   * Signs the ends of this process's chains, joined to the checkpoint before, whichever server wrote that. Call it in a
   * transaction of the realm, for one realm at a time; `signed` tells that it is committed.
   */
  async checkpoint(sql: Kysely<Tables>, realm: Realm, at: Date): Promise<{ signed(): void }> {
    await raw`select pg_advisory_xact_lock(${LOCK}, hashtext(${realm}))`.execute(sql);
    const previous = await this.#findPrevious(sql, realm);
    // Their order is that of their ids, also where the other server's clock is ahead.
    const time = Math.max(at.getTime(), previous ? Number.parseInt(previous.id, 10) + 1 : 0);
    const id = `${time.toString().padStart(14, '0')}-${this.#process}`;
    const chains = JSON.stringify({ previous: previous?.digest ?? '', ends: this.ends(realm) });
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
    return isKnownThere ? rows[0] : known;
  }

  /** The last committed entry of each chain this process is writing. */
  ends(realm: Realm): ChainEnd[] {
    return (this.#lanes.get(realm) ?? [])
      .filter((lane) => lane.sequence > 0)
      .map((lane) => [lane.writer, lane.sequence, Buffer.from(lane.mac).toString('hex')]);
  }

  /** The digest of the last checkpoint this process wrote or joined, if it did. */
  lastCheckpoint(realm: Realm): string | undefined {
    return this.#lastCheckpoint.get(realm)?.digest;
  }

  #shortest(realm: Realm): Lane {
    const lanes = this.#lanes.get(realm) ?? [];
    this.#lanes.set(realm, lanes);
    const free = lanes.find((lane) => lane.waiting === 0);
    if (free) return free;
    if (lanes.length < LANES) {
      const lane: Lane = { writer: `${this.#process}-${++this.#made}`, sequence: 0, mac: NO_MAC, waiting: 0, turn: Promise.resolve() };
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

/** What a checkpoint's Ed25519 signature covers. */
export function checkpointBytes(realm: string, id: string, at: Date, chains: string): Uint8Array {
  return Buffer.from(JSON.stringify(['privexbot audit checkpoint v1', realm, id, at.toISOString(), chains]));
}

/** How a checkpoint names the one before it. */
export function digest(signature: Uint8Array): string {
  return createHash('sha256').update(signature).digest('hex');
}
