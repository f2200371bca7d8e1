import pg from 'pg';
import { PgBoss } from 'pg-boss';

/** Every queue there is. A job names a row, and what to do is in that row; or it is sealed itself. */
export const QUEUES = [
  'read-document',
  'embed-document',
  'rotate-keys',
  'delete-organization',
  'sync-directory',
  'warn-admin',
  'notify-person',
] as const;
export type Queue = (typeof QUEUES)[number];

const HEARTBEAT_SECONDS = 20;

/** Makes or updates the tables of the job queue as the owner, and gives the application role its rights on them. */
export async function migrateJobs(ownerUrl: string, appRole: string): Promise<void> {
  if (await isCurrent(ownerUrl)) return;
  const boss = new PgBoss({ connectionString: ownerUrl, supervise: false, schedule: false, max: 2 });
  boss.on('error', () => undefined);
  await boss.start();
  for (const queue of QUEUES)
    await boss.createQueue(queue, {
      retryLimit: 5,
      retryDelay: 2,
      retryBackoff: true,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 6 * 3600,
      notify: true,
    });
  await boss.stop({ graceful: false });
  await query(
    ownerUrl,
    ['usage on schema', 'all on all tables in schema', 'execute on all functions in schema', 'usage on all sequences in schema']
      .map((right) => `grant ${right} pgboss to ${pg.escapeIdentifier(appRole)}`)
      .join(';'),
  );
}

async function isCurrent(ownerUrl: string): Promise<boolean> {
  const [there] = await query(ownerUrl, `select to_regclass('pgboss.queue') is not null as yes`);
  if (!there?.yes) return false;
  const queues = await query(ownerUrl, 'select name from pgboss.queue');
  return QUEUES.every((name) => queues.some((queue) => queue.name === name));
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows ?? [];
  } finally {
    await client.end();
  }
}
