import { sql as raw } from 'kysely';
import { Keyring } from '../keys/keyring.ts';
import type { RootKeySource } from '../keys/root-key.ts';
import type { Log } from '../log.ts';
import { connect } from './connect.ts';
import { Database } from './database.ts';
import { keyStore } from './key-store.ts';

/**
 * Connects as the application role and opens the environment's keys.
 * @throws StartProblem if the database cannot be reached or the root key is not the one of this data
 */
export async function openDatabase(appUrl: string, rootKey: RootKeySource, now: () => Date, log: Log): Promise<Database> {
  const connection = await connect(appUrl, (error) => log.warn({ err: error }, 'database connection lost'));
  try {
    const keyring = await connection.sql.transaction().execute(async (tx) => {
      await raw`set local app.org_id = 'environment'`.execute(tx);
      return Keyring.open(rootKey, keyStore(tx));
    });
    return new Database(connection, keyring, now);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
