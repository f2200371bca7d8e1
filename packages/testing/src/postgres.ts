import pg from 'pg';
import { inject } from 'vitest';
import { z } from 'zod';

const urlsSchema = z.object({ ownerUrl: z.string(), appUrl: z.string() });

export interface TestDatabase extends AsyncDisposable {
  /** Of the superuser: for migrations, forging and looking past row security. */
  ownerUrl: string;
  /** Of the application role, which row security binds. */
  appUrl: string;
}

/**
 * A migrated, empty PostgreSQL database for the calling test file (about 0.1 s). Disposing ends the connections that the tests left open; the
 * database itself goes with the run's cluster, because dropping is slow.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const response = await fetch(inject('testDatabases'), { method: 'POST' });
  if (!response.ok) throw new Error(`No test database: ${await response.text()}`);
  const { ownerUrl, appUrl } = urlsSchema.parse(await response.json());
  return { ownerUrl, appUrl, [Symbol.asyncDispose]: () => endConnections(ownerUrl) };
}

async function endConnections(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}
