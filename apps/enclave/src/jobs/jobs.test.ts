import { setTimeout as sleep } from 'node:timers/promises';
import type { OrgId } from '@privexbot/contract';
import { createTestDatabase, type TestDatabase } from '@privexbot/testing/postgres.ts';
import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Transaction } from '../db/database.ts';
import { type Job, type Jobs, openJobs } from './jobs.ts';

const ORG = 'org_01jd0000000000000000000000' as OrgId;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let database: TestDatabase;
let pool: pg.Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.appUrl });
  pool.on('error', () => undefined);
});
afterEach(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

/** As much of a transaction as jobs need, on a connection of the application role. */
async function transaction(commit: boolean, fn: (tx: Transaction) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  const ended: ((committed: boolean) => void)[] = [];
  await client.query('begin');
  const run = async (text: string, values: unknown[] = []) => ({ rows: (await client.query<Record<string, unknown>>(text, values)).rows });
  await fn({ realm: ORG, run, onEnd: (callback: (committed: boolean) => void) => ended.push(callback) } as unknown as Transaction);
  await client.query(commit ? 'commit' : 'rollback');
  client.release();
  for (const callback of ended) callback(commit);
}

/** Works on a queue and keeps what came. */
async function work(jobs: Jobs, handle: (job: Job, signal: AbortSignal) => Promise<void> = async () => undefined): Promise<Job[]> {
  const came: Job[] = [];
  await jobs.work('read-document', 1, async (job, signal) => {
    came.push(job);
    await handle(job, signal);
  });
  return came;
}

test('a job starts when its transaction commits, not before, and not at all when it is rolled back', async () => {
  const jobs = await openJobs(pool, true, log);
  const came = await work(jobs);
  await transaction(false, (tx) => jobs.enqueue(tx, 'read-document', 'never'));
  await transaction(true, async (tx) => {
    await jobs.enqueue(tx, 'read-document', 'doc_1');
    await sleep(2_500); // longer than a worker's pause between looks
    expect(came).toEqual([]);
  });
  await expect.poll(() => came, { timeout: 10_000 }).toEqual([{ org: ORG, id: 'doc_1' }]);
  await jobs.close();
});

test('a job holds ids and nothing else', async () => {
  const jobs = await openJobs(pool, true, log);
  await transaction(true, (tx) => jobs.enqueue(tx, 'read-document', 'doc_1'));
  const { rows } = await pool.query<{ data: unknown; output: unknown }>('select data, output from pgboss.job');
  expect(rows).toEqual([{ data: { org: ORG, id: 'doc_1' }, output: null }]);
  await jobs.close();
});

test('a job that failed is called again until it succeeds, and keeps nothing of what the failure said', async () => {
  const jobs = await openJobs(pool, true, log);
  const came = await work(jobs, async () => {
    if (came.length < 2) throw Object.assign(new Error('the patient is ill'), { detail: 'the patient is ill' });
  });
  await transaction(true, (tx) => jobs.enqueue(tx, 'read-document', 'doc_1'));
  const told = () => pool.query<{ state: string; job: string }>('select state::text, job::text from pgboss.job');
  await expect.poll(async () => (await told()).rows[0]?.state, { timeout: 20_000 }).toBe('retry');
  expect((await told()).rows[0]?.job).not.toContain('patient');
  await expect.poll(() => came.length, { timeout: 30_000 }).toBe(2);
  await expect.poll(async () => (await told()).rows[0]?.state, { timeout: 20_000 }).toBe('completed');
  await jobs.close();
});

test('a job under way is aborted when the server stops, and resumes with the next one', async () => {
  const first = await openJobs(pool, true, log);
  const aborted = Promise.withResolvers<void>();
  const begun = await work(first, async (_, signal) => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    aborted.resolve();
  });
  await transaction(true, (tx) => first.enqueue(tx, 'read-document', 'doc_1'));
  await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(1);
  await first.close();
  const second = await openJobs(pool, true, log);
  const resumed = await work(second);
  await expect.poll(() => resumed, { timeout: 10_000 }).toEqual([{ org: ORG, id: 'doc_1' }]);
  await second.close();
});

test.each(['active', 'failed'])('a job that a dead server left %s resumes, unless another server may be working on it', async (state) => {
  const before = await openJobs(pool, true, log);
  await transaction(true, (tx) => before.enqueue(tx, 'read-document', 'doc_1'));
  await before.close();
  await pool.query(`update pgboss.job set state = '${state}', started_on = now(), heartbeat_on = now()`);
  const one = await openJobs(pool, false, log);
  const left = await work(one);
  await sleep(2_500);
  expect(left).toEqual([]);
  await one.close();
  const sole = await openJobs(pool, true, log);
  const resumed = await work(sole);
  await expect.poll(() => resumed.length, { timeout: 10_000 }).toBe(1);
  await sole.close();
});

test('forged job rows do nothing, and true ones after them are still done', async () => {
  await using enclave = await startEnclave();
  const [own, other] = [await enclave.signUp(), await enclave.signUp()];
  const base = await own.client.knowledge.create({ params: own, body: { name: 'Base' } });
  const at = { ...own, knowledge: base.id };
  const add = (text: string) =>
    own.client.knowledge.add({ params: at, body: { source: 'paste', title: text, text: `${text}. A sentence.` } });
  const read = async () => {
    const { items } = await own.client.knowledge.documents({ params: at, query: { limit: 10 } });
    return items.map(({ state }) => state);
  };
  const { id } = await add('One');
  await expect.poll(read, { timeout: 30_000 }).toEqual(['ready']);
  const dump = () => enclave.forge('select id, state, version, content_version, passages from documents order by id');
  const before = await dump();
  const forged: unknown[] = [
    { org: own.org, id }, // done already
    { org: other.org, id }, // of another organization
    { org: own.org, id: 'doc_01jd0000000000000000000000' },
    { org: `x'; drop table users; --`, id },
    { org: 'environment', id },
    { org: own.org, id: { $ne: 1 } },
    { org: own.org },
    'text',
    null,
    {},
  ];
  for (const queue of ['read-document', 'embed-document'])
    for (const data of forged)
      await enclave.forge(`insert into pgboss.job (name, data, retry_limit) values ($1, $2, 0)`, [queue, JSON.stringify(data)]);
  await add('Two');
  await expect.poll(read, { timeout: 60_000 }).toEqual(['ready', 'ready']);
  const open = () => enclave.forge<{ open: number }>(`select count(*)::int as open from pgboss.job where state < 'completed'`);
  await expect.poll(async () => (await open())[0]?.open, { timeout: 60_000 }).toBe(0);
  expect((await dump()).filter((row) => row.id === id)).toEqual(before);
});
