import type { OrgId } from '@privexbot/contract';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Realm } from '../db/audit-chain.ts';
import type { Transaction } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Queue } from './schema.ts';

/** What a job says: which row of which organization. The row says what to do, and whether it still is to be done. */
export interface Job {
  readonly org: OrgId;
  readonly id: string;
}

/** Jobs on the same PostgreSQL: they start when their transaction commits, survive a kill, and are repeated until their handler succeeds. */
export interface Jobs {
  /** Adds a job with the transaction. A transaction of the environment names the organization the job is for. */
  enqueue(tx: Transaction, queue: Queue, id: string): Promise<void>;
  enqueue(tx: Transaction<'environment'>, queue: Queue, id: string, org: OrgId): Promise<void>;
  /** Of the environment itself: such a job is for no organization. */
  enqueue(tx: Transaction<'environment'>, queue: 'notify-person', id: string): Promise<void>;
  /** Runs jobs of a queue. A handler that throws is called again later; one whose job is done must find that in its row. */
  work(queue: Queue, concurrency: number, handler: (job: Job, signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Stops taking jobs; those under way are aborted and resume at the next start. */
  close(): Promise<void>;
}

/**
 * @param soleServer whether no other server works on this database, so that jobs under way at start belong to a dead one
 */
export async function openJobs(pool: pg.Pool, soleServer: boolean, log: Log): Promise<Jobs> {
  const executeSql = async (text: string, values?: unknown[]) => ({ rows: (await pool.query(text, values)).rows ?? [] });
  const boss = new PgBoss({
    db: { executeSql },
    migrate: false,
    createSchema: false,
    schedule: false,
    superviseIntervalSeconds: 30,
    monitorVacuum: false,
    reindex: false,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'job queue'));
  await boss.start();
  // Those that gave up get another chance as well: a handler whose work is done finds that in its row.
  if (soleServer) await pool.query(`update pgboss.job set state = 'retry', start_after = now() where state in ('active', 'failed')`);
  const closing = new AbortController();
  const workers = new Map<Queue, string[]>();
  const wake = (queue: Queue) => {
    for (const worker of workers.get(queue) ?? []) boss.notifyWorker(worker);
  };
  return {
    async enqueue(tx: Transaction<Realm>, queue: Queue, id: string, org: OrgId = tx.realm as OrgId) {
      const job: Job = { org, id };
      await boss.send(queue, job, { db: { executeSql: (text, values) => tx.run(text, values) } });
      tx.onEnd((committed) => committed && wake(queue));
    },
    async work(queue, concurrency, handler) {
      const ids = await Promise.all(
        Array.from({ length: concurrency }, () =>
          boss.work<Job>(queue, { batchSize: 1, pollingIntervalSeconds: 2 }, async ([job]) => {
            if (!job) return;
            wake(queue); // after this job the next one is looked for at once, not when it is time to look again
            await handler(job.data, AbortSignal.any([job.signal, closing.signal])).catch(withoutContent);
          }),
        ),
      );
      workers.set(queue, ids);
    },
    async close() {
      closing.abort(new Error('the server stops'));
      await boss.stop({ graceful: true, timeout: 5_000, close: false });
    },
  };
}

/** The queue keeps what a handler throws in its table, unsealed: a code is all it may get. */
function withoutContent(error: unknown): never {
  const kept = new Error(error instanceof AppError ? error.code : 'internal');
  kept.stack = '';
  throw kept;
}
