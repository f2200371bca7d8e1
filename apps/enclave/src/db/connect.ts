import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { StartProblem } from '../start-problem.ts';
import type { Tables } from './tables.ts';

const INT8 = 20;
const DATE = 1082;
const CONNECTIONS = 12;
const RESERVED = 2;

/** Bigints come as numbers (all of ours stay below 2^53), dates as `YYYY-MM-DD`. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8) return Number;
    if (oid === DATE) return (value: unknown) => value;
    return pg.types.getTypeParser(oid, format);
  },
};

export interface Connection {
  readonly sql: Kysely<Tables>;
  /** A few connections for what transactions wait for, so that they cannot hold them all themselves. */
  readonly reserve: Kysely<Tables>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Opens the pool of the application role.
 * @throws StartProblem if the database cannot be reached, is older than PostgreSQL 15, or would lose acknowledged writes
 */
export async function connect(appUrl: string, onError: (error: Error) => void): Promise<Connection> {
  const pool = createPool(appUrl, CONNECTIONS, onError);
  try {
    const { rows } = await pool.query<{ version: number; fsync: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('fsync') as fsync`,
    );
    const [server] = rows;
    if (!server || server.version < 150_000)
      throw new StartProblem('The database of DATABASE_URL is older than PostgreSQL 15. Use 15 or newer.');
    if (server.fsync !== 'on')
      throw new StartProblem(
        'The database runs with fsync off and may lose acknowledged writes. Switch fsync on, or use another database.',
      );
  } catch (error) {
    await pool.end();
    if (error instanceof StartProblem) throw error;
    throw new StartProblem(
      `The database cannot be reached (${(error as NodeJS.ErrnoException).code ?? 'no answer'}). Check DATABASE_URL. Nothing was changed.`,
    );
  }
  const sql = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const reserve = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool(appUrl, RESERVED, onError) }) });
  return { sql, reserve, pool, close: async () => void (await Promise.all([sql.destroy(), reserve.destroy()])) };
}

function createPool(appUrl: string, max: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: appUrl, max, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000, types });
  pool.on('error', onError);
  // The pool listens only to idle clients; one that loses its server while it is in use would else end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}
