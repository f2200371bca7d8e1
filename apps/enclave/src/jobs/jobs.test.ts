import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';

test('many short jobs are worked off one after the other, without a pause between them', async () => {
  await using enclave = await startEnclave();
  const { org } = await enclave.signUp();
  const { db, jobs, newId } = enclave.context;
  const started = performance.now();
  await db.transaction(org, 'system', async (tx) => {
    // Of documents that are gone: there is nothing to do.
    for (let i = 0; i < 10; i++) await jobs.enqueue(tx, 'embed-document', newId('document'));
  });
  const count = async () => (await enclave.forge(`select 1 from pgboss.job where state = 'completed'`)).length;
  await expect.poll(count, { timeout: 30_000 }).toBe(10);
  expect(performance.now() - started).toBeLessThan(8_000); // with pauses of two seconds it would be eighteen
});
