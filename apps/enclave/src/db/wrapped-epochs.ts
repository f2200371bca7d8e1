import pg from 'pg';
import { NOTHING_CHANGED, RootKeyProblem } from '../keys/root-key.ts';
import type { WrappedStore } from '../keys/sources/wrapped-store.ts';
import { systemCode } from '../start-problem.ts';

const PATIENCE_MS = 10_000;

/** Keeps wrapped epoch keys in the database, on connections of its own: they are needed before and in the midst of everything else. */
export function databaseWrappedStore(appUrl: string): WrappedStore {
  const query = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: appUrl, connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS });
    client.on('error', () => undefined); // whoever waits for an answer hears of it as well
    try {
      await client.connect();
      await client.query("begin; set local app.org_id = 'environment'; set local synchronous_commit = on");
      const { rows } = await client.query<Record<string, unknown>>(text, values);
      await client.query('commit');
      return rows;
    } catch (cause) {
      const code = systemCode(cause) ?? 'no answer';
      const isFull = code === '53100';
      throw new RootKeyProblem(
        isFull ? 'storage_full' : 'unreachable',
        `The wrapped epoch keys cannot be ${isFull ? 'written: the disk of the database is full' : `reached in the database (${code})`}. Check DATABASE_URL. ${NOTHING_CHANGED}`,
        { cause },
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  return {
    name: "The database's table keystore.wrapped_epochs",
    mayBeMade: true,
    async read() {
      const [row] = await query(`select content from keystore.wrapped_epochs where realm = 'environment'`);
      return typeof row?.content === 'string' ? row.content : undefined;
    },
    async create(text) {
      await query(`insert into keystore.wrapped_epochs (realm, content) values ('environment', $1) on conflict do nothing`, [text]);
    },
    async replace(text) {
      await query(`update keystore.wrapped_epochs set content = $1 where realm = 'environment'`, [text]);
    },
  };
}
