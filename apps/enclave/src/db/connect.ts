import pg from 'pg';
import { StartProblem } from '../start-problem.ts';
import { type Lend, lendFrom } from './pipeline.ts';

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
  readonly lend: Lend;
  /** From a few more connections, for what transactions wait for, so that they cannot hold them all themselves. */
  readonly lendReserve: Lend;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Opens the pool of the application role.
 * @throws StartProblem if the database cannot be reached, is older than PostgreSQL 15, or would lose acknowledged writes
 */
export async function connect(appUrl: string, onError: (error: Error) => void): Promise<Connection> {
  // The pool does not wait until its connections are gone: they may still see the database stop.
  let isClosing = false;
  const report = (error: Error) => isClosing || onError(error);
  const pool = createPool(appUrl, CONNECTIONS, report);
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
  const reserve = createPool(appUrl, RESERVED, report);
  return {
    lend: lendFrom(pool),
    lendReserve: lendFrom(reserve),
    pool,
    async close() {
      isClosing = true;
      await Promise.all([pool.end(), reserve.end()]);
    },
  };
}

function createPool(appUrl: string, max: number, onError: (error: Error) => unknown): pg.Pool {
  const timeouts = { idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000 };
  const pool = new pg.Pool({ connectionString: appUrl, max, ...timeouts, types, pipeline: true });
  pool.on('error', onError);
  // The pool listens only to idle clients; one that loses its server while it is in use would else end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}
