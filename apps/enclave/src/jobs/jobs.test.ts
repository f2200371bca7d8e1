import { makeKnowledge } from '@privexbot/testing/desk.ts';
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

test('jobs that somebody wrote into the queue change nothing: the row says whether there is anything to do', async () => {
  await using enclave = await startEnclave();
  const owner = await enclave.signUp();
  const stranger = await enclave.signUp();
  const params = await makeKnowledge(owner, { leave: 'Staff receive 27 days of annual leave.' });
  const [document] = (await owner.client.knowledge.documents({ params })).items;
  await expect.poll(async () => (await owner.client.knowledge.documents({ params })).items[0]?.embedded).toBe(document?.passages);
  const before = await owner.client.knowledge.documents({ params });
  const forged = [
    { org: owner.org, id: document?.id },
    { org: stranger.org, id: document?.id },
    { org: 'environment', id: document?.id },
    { org: owner.org, id: "x'; drop table documents; --" },
    {},
  ];
  for (const queue of ['read-document', 'embed-document'])
    for (const data of forged) await enclave.forge('insert into pgboss.job (name, data) values ($1, $2)', [queue, JSON.stringify(data)]);
  const taken = () => enclave.forge(`select 1 from pgboss.job where state in ('created', 'active') and retry_count = 0`);
  await expect.poll(taken, { timeout: 30_000 }).toEqual([]);
  expect(await owner.client.knowledge.documents({ params })).toEqual(before);
  const hits = (await owner.client.knowledge.search({ params, body: { text: 'days of leave' } })).hits;
  expect(hits.map(({ passage }) => passage.text)).toEqual(['Staff receive 27 days of annual leave.']);
});
