import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countUsage } from './index.ts';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

test('what is counted at once, in any order and by several, adds up per day, meter and model', async () => {
  const { client, org } = await enclave.signUp();
  const counts = [
    { meter: 'input_tokens', model: 'm', amount: 2 },
    { meter: 'model_calls', model: 'm', amount: 1 },
    { meter: 'input_tokens', model: 'm', amount: 3 },
    { meter: 'stored_bytes', model: '', amount: 0 },
  ] as const;
  const { db } = enclave.context;
  const rounds = Array.from({ length: 40 }, (_, i) => (i % 2 ? counts : counts.toReversed()));
  await Promise.all(rounds.map((round) => db.transaction(org, 'system', (tx) => countUsage(tx, round))));
  const day = new Date().toISOString().slice(0, 10);
  expect(await client.usage.read({ params: { org } })).toEqual({
    totals: { model_calls: 40, input_tokens: 200, output_tokens: 0, embedded_texts: 0, stored_bytes: 0 },
    rows: [
      { day, meter: 'input_tokens', model: 'm', amount: 200 },
      { day, meter: 'model_calls', model: 'm', amount: 40 },
    ],
  });
});

test('what is counted in a transaction that fails is not counted', async () => {
  const { client, org } = await enclave.signUp();
  const failing = enclave.context.db.transaction(org, 'system', async (tx) => {
    await countUsage(tx, [{ meter: 'model_calls', model: 'm', amount: 1 }]);
    throw new Error('the answer was not stored');
  });
  await expect(failing).rejects.toThrow('not stored');
  expect((await client.usage.read({ params: { org } })).rows).toEqual([]);
});

test('days before the asked ones are left out, and other organizations count for themselves', async () => {
  const { client, org } = await enclave.signUp();
  const other = await enclave.signUp();
  await enclave.forge(`insert into usage values ($1, (now() at time zone 'utc')::date - 40, 'model_calls', 'm', 7)`, [org]);
  expect((await client.usage.read({ params: { org }, query: { days: 30 } })).totals.model_calls).toBe(0);
  expect((await client.usage.read({ params: { org }, query: { days: 41 } })).totals.model_calls).toBe(7);
  expect((await other.client.usage.read({ params: other, query: { days: 41 } })).totals.model_calls).toBe(0);
});
