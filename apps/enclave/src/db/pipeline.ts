import { type DatabaseConnection, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type pg from 'pg';
import type { Tables } from './tables.ts';

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
    const lent = handles.get(client) ?? { sql: overOne(client), send: (text, values) => client.query(text, values && [...values]) };
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

/** What `fn` throws where the state of its connection is unknown. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

function overOne(client: pg.PoolClient): Kysely<Tables> {
  const connection: DatabaseConnection = {
    async executeQuery({ sql, parameters }) {
      const { rows, rowCount } = await client.query(sql, [...parameters]);
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

function unused(): never {
  throw new Error('transactions are made by Database alone, and nothing is streamed');
}
