import type { Socket } from 'node:net';
import { type DatabaseConnection, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type pg from 'pg';
import type { Tables } from './tables.ts';

const MAX_PREPARED = 300;

/** A connection that belongs to one transaction. */
export interface Lent {
  readonly sql: Kysely<Tables>;
  /** Sends a statement in this very step: what is sent after it runs after it, awaited or not. */
  send(text: string, values?: readonly unknown[]): Promise<{ command: string; rows: Record<string, unknown>[] }>;
}

/** Hands a connection to `fn` and takes it back. */
export type Lend = <T>(fn: (lent: Lent) => Promise<T>) => Promise<T>;

/**
 * Lends the pool's connections. Kysely's own driver waits for each answer before it sends the next statement; here
 * statements that are not awaited one by one travel together, and PostgreSQL runs them in their order.
 */
export function lendFrom(pool: pg.Pool): Lend {
  const handles = new WeakMap<pg.PoolClient, Lent>();
  return async (fn) => {
    const client = await pool.connect();
    const lent = handles.get(client) ?? {
      sql: overOne(client),
      send: (text, values) => {
        holdForTick(client);
        return client.query(text, values && [...values]);
      },
    };
    handles.set(client, lent);
    try {
      const result = await fn(lent);
      client.release();
      return result;
    } catch (error) {
      // A connection on which the transaction could not even be rolled back is not used again.
      client.release(error instanceof BrokenConnection);
      throw error;
    }
  };
}

/** Lets what is sent in the same step of the event loop leave in one packet: a `begin` with the statement after it. */
function holdForTick(client: pg.PoolClient): void {
  // The socket is not among the package's types.
  const { stream } = (client as pg.PoolClient & { connection: { stream: Socket } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** What `fn` throws where the state of its connection is unknown. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

function overOne(client: pg.PoolClient): Kysely<Tables> {
  const connection: DatabaseConnection = {
    async executeQuery({ sql, parameters }) {
      const { rows, rowCount } = await client.query({ name: nameOf(sql), text: sql, values: [...parameters] });
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    },
    streamQuery: () => unused(),
  };
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        init: async () => undefined,
        acquireConnection: async () => connection,
        releaseConnection: async () => undefined,
        beginTransaction: unused,
        commitTransaction: unused,
        rollbackTransaction: unused,
        destroy: async () => undefined,
      }),
    },
  });
}

const names = new Map<string, string>();

/**
 * The name under which a connection keeps a statement prepared, so that PostgreSQL parses and plans it once. Statements of many
 * shapes, such as those with lists, must not fill the server's memory: the first ones have names, the rest have none.
 */
function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known || names.size >= MAX_PREPARED) return known;
  const name = `p${names.size}`;
  names.set(sql, name);
  return name;
}

function unused(): never {
  throw new Error('transactions are made by Database alone, and nothing is streamed');
}
