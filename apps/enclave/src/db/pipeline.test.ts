import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

test('statements that are sent together run in their order, inside their transaction and realm', async () => {
  await using enclave = await startEnclave();
  const { org } = await enclave.signUp();
  const { db } = enclave.context;
  const seen = await db.transaction(org, 'system', async (tx) => {
    const asked = Array.from(
      { length: 20 },
      (_, n) => sql<{ n: number; realm: string }>`select ${n}::int as n, current_setting('app.org_id') as realm`,
    );
    return Promise.all(asked.map(async (query) => (await query.execute(tx.sql)).rows[0]));
  });
  expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => ({ n, realm: org })));
});

test('transactions that fail, also where the failure is not looked at, leave nothing behind and spoil no connection', async () => {
  await using enclave = await startEnclave();
  const { org } = await enclave.signUp();
  const { db } = enclave.context;
  const count = async () => (await enclave.forge('select 1 from audit_entries where org_id = $1', [org])).length;
  const before = await count();
  for (let n = 0; n < 30; n++) {
    const failing = db.transaction(org, 'system', async (tx) => {
      tx.audit('test.done');
      await sql`select 1 / 0`.execute(tx.sql).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow();
    await expect(
      db.transaction(org, 'system', (tx) => Promise.all([sql`select 1`, sql`nonsense`].map((one) => one.execute(tx.sql)))),
    ).rejects.toThrow();
  }
  expect(await count()).toBe(before);
  const { rows } = await db.transaction(org, 'system', (tx) => sql<{ one: number }>`select 1 as one`.execute(tx.sql));
  expect(rows).toEqual([{ one: 1 }]);
  await expect(enclave.context.db.connection.pool.query(`select current_setting('app.org_id', true) as realm`)).resolves.toMatchObject({
    rows: [{ realm: '' }],
  });
});

test('a change and its audit entry are committed together or not at all', async () => {
  await using enclave = await startEnclave();
  const { org } = await enclave.signUp();
  const { db } = enclave.context;
  const meters = () => enclave.forge(`select amount from usage where org_id = $1 and model = 'test'`, [org]);
  const change = () =>
    db.transaction(org, 'system', async (tx) => {
      await tx.sql.insertInto('usage').values({ org_id: org, day: '2026-01-01', meter: 'model_calls', model: 'test', amount: 1 }).execute();
      tx.audit('test.done');
    });
  await enclave.forge(`alter table audit_entries add constraint none check (sequence < 0) not valid`);
  await expect(change()).rejects.toThrow();
  expect(await meters()).toEqual([]);
  await enclave.forge(`alter table audit_entries drop constraint none`);
  await change();
  expect(await meters()).toEqual([{ amount: '1' }]);
});
