import { type Kysely, sql as raw } from 'kysely';
import { Batcher } from '../db/batcher.ts';
import type { Database } from '../db/database.ts';
import type { Tables } from '../db/tables.ts';

/** How fast a bucket fills, and how much it holds. */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}

/** Calls that this server let through since it last asked. */
export interface Taken {
  readonly key: string;
  readonly calls: number;
}

/** What servers on one database count together. */
export interface SharedLimits extends AsyncDisposable {
  /** Takes one call from a bucket. @returns the calls it then holds; below 1 before anything was taken where there is none */
  take(key: string, rate: Rate, now: number): Promise<{ isFree: boolean; left: number }>;
  giveBack(key: string, rate: Rate): Promise<void>;
  /** Takes what was let through already, however much that is. @returns what the buckets then hold, which may be less than nothing */
  settle(rate: Rate, taken: readonly Taken[], now: number): Promise<Map<string, number>>;
  /** Whether a request of that name is the first. */
  receive(name: string, now: number): Promise<boolean>;
  forget(name: string): Promise<void>;
  /** Drops what says nothing any more. */
  sweep(now: number, receivedBefore: number): Promise<void>;
}

interface Received {
  readonly name: Buffer;
  readonly at: number;
  isFirst: boolean;
}

/** By then every bucket is full again. */
const BUCKET_KEPT_MS = 60 * 60_000;
/** A clock further ahead than this was wrong: it must not stop a bucket from filling. */
const AHEAD_MS = 60_000;

export function openSharedLimits(db: Database): SharedLimits {
  const keyOf = (key: string) => Buffer.from(db.keyring.blindIndex('rate', key));
  const inEnvironment = <T>(fn: (sql: Kysely<Tables>) => Promise<T>) => db.transaction('environment', 'system', ({ sql }) => fn(sql));
  // What each server let through is written in one order, so that two never wait for each other in turn.
  const filled = (rate: Rate, now: number) =>
    raw<number>`least(${rate.burst * 1_000}::bigint, b.thousandths + (greatest(0, ${now}::bigint - b.at) * ${rate.perMinute}::bigint) / 60)`;
  const time = (now: number) => raw`case when b.at > ${now + AHEAD_MS}::bigint then ${now}::bigint else greatest(b.at, ${now}::bigint) end`;
  const received = new Batcher<'received', Received>({
    maxWaitMs: 1,
    maxItems: 500,
    flush: (_, items) =>
      inEnvironment(async (sql) => {
        const { rows } = await raw<{ name: Buffer }>`
          insert into received_requests (name, at)
          select * from unnest(${items.map(({ name }) => name)}::bytea[], ${items.map(({ at }) => at)}::bigint[]) as t (name, at) order by name
          on conflict do nothing returning name`.execute(sql);
        const first = new Set(rows.map(({ name }) => name.toString('hex')));
        for (const item of items) item.isFirst = first.has(item.name.toString('hex'));
      }),
  });

  return {
    take: (key, rate, now) =>
      inEnvironment(async (sql) => {
        const taken = await raw<{ left: number }>`
          insert into rate_buckets as b (key, thousandths, at) values (${keyOf(key)}, ${(rate.burst - 1) * 1_000}, ${now})
          on conflict (key) do update set thousandths = ${filled(rate, now)} - 1000, at = ${time(now)} where ${filled(rate, now)} >= 1000
          returning thousandths as left`.execute(sql);
        const [row] = taken.rows;
        if (row) return { isFree: true, left: row.left / 1_000 };
        const there = await raw<{
          left: number;
        }>`select ${filled(rate, now)} as left from rate_buckets b where key = ${keyOf(key)}`.execute(sql);
        return { isFree: false, left: (there.rows[0]?.left ?? 0) / 1_000 };
      }),

    async giveBack(key, rate) {
      await inEnvironment((sql) =>
        raw`update rate_buckets set thousandths = least(${rate.burst * 1_000}::bigint, thousandths + 1000) where key = ${keyOf(key)}`.execute(
          sql,
        ),
      );
    },

    async settle(rate, taken, now) {
      const keys = new Map(taken.map(({ key }) => [keyOf(key).toString('hex'), key]));
      const full = rate.burst * 1_000;
      const { rows } = await inEnvironment((sql) =>
        raw<{ key: Buffer; left: number }>`
          insert into rate_buckets as b (key, thousandths, at)
          select key, ${full}::bigint - calls * 1000, ${now}::bigint
          from unnest(${taken.map(({ key }) => keyOf(key))}::bytea[], ${taken.map(({ calls }) => calls)}::bigint[]) as t (key, calls) order by key
          on conflict (key) do update set thousandths = ${filled(rate, now)} - (${full}::bigint - excluded.thousandths), at = ${time(now)}
          returning key, thousandths as left`.execute(sql),
      );
      return new Map(rows.map(({ key, left }) => [keys.get(key.toString('hex')) ?? '', left / 1_000]));
    },

    async receive(name, at) {
      const item: Received = { name: Buffer.from(name, 'base64'), at, isFirst: false };
      await received.add('received', item);
      return item.isFirst;
    },

    async forget(name) {
      await inEnvironment((sql) => raw`delete from received_requests where name = ${Buffer.from(name, 'base64')}`.execute(sql));
    },

    async sweep(now, receivedBefore) {
      await inEnvironment(async (sql) => {
        await raw`delete from rate_buckets where at < ${now - BUCKET_KEPT_MS}`.execute(sql);
        await raw`delete from received_requests where at < ${receivedBefore}`.execute(sql);
      });
    },

    [Symbol.asyncDispose]: () => received.drain(),
  };
}
