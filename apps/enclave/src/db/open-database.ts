import { Keyring } from '../keys/keyring.ts';
import type { RootKeySource } from '../keys/root-key.ts';
import type { Log } from '../log.ts';
import { connect } from './connect.ts';
import { Database } from './database.ts';
import { keyStore } from './key-store.ts';

/** Any constant but that of `migrate.ts`. */
const LOCK = 7_405_313;

/**
 * Connects as the application role and opens the environment's keys.
 * @throws StartProblem if the database cannot be reached or the root key is not the one of this data
 */
export async function openDatabase(appUrl: string, rootKey: RootKeySource, now: () => Date, log: Log): Promise<Database> {
  const connection = await connect(appUrl, (error) => log.warn({ err: error }, 'database connection lost'));
  try {
    const keyring = await connection.lend(async ({ sql, send }) => {
      // Servers that start together on an empty database: one makes the environment key, the others open it.
      await send(`begin; set local app.org_id = 'environment'; select pg_advisory_xact_lock(${LOCK})`);
      try {
        return await Keyring.open(rootKey, keyStore(sql));
      } finally {
        // After a failed statement this takes everything back.
        await send('commit');
      }
    });
    return new Database(connection, keyring, now);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
