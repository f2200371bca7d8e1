import type { Hono } from 'hono';
import type { Context } from '../context.ts';
import type { Env } from './mount.ts';

/** `/healthz`: the process answers. `/readyz`: the database does too. `/metrics`: Prometheus text, counts and sizes only. */
export function mountHealth(app: Hono<Env>, { db }: Pick<Context, 'db'>, draining: AbortSignal): void {
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    const database = await db.connection.pool.query('select 1').then(
      () => true,
      () => false,
    );
    const ready = database && !draining.aborted;
    return c.json({ ready, database, draining: draining.aborted }, ready ? 200 : 503);
  });
  app.get('/metrics', (c) => {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const { totalCount, idleCount, waitingCount } = db.connection.pool;
    const lines = [
      metric('process_resident_memory_bytes', 'gauge', rss),
      metric('process_heap_bytes', 'gauge', heapUsed),
      metric('process_external_memory_bytes', 'gauge', external),
      metric('process_cpu_seconds_total', 'counter', (user + system) / 1e6),
      metric('privexbot_uptime_seconds', 'gauge', process.uptime()),
      metric('privexbot_database_connections', 'gauge', totalCount),
      metric('privexbot_database_connections_idle', 'gauge', idleCount),
      metric('privexbot_database_waiting', 'gauge', waitingCount),
    ];
    return c.text(`${lines.join('\n')}\n`, 200, { 'content-type': 'text/plain; version=0.0.4' });
  });
}

function metric(name: string, type: 'gauge' | 'counter', value: number): string {
  return `# TYPE ${name} ${type}\n${name} ${value}`;
}
