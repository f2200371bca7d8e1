import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerChallenge, createChallenge, readChallenge, takeChallenge } from './challenges.ts';
import type { Tx } from './store.ts';

const MINUTE = 60_000;
let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

function inEnvironment<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
  return enclave.context.db.transaction('environment', 'visitor', fn);
}

function ask(purpose = 'test'): Promise<string> {
  const question = { purpose, device: 'mine', ttlMs: 5 * MINUTE, data: { nonce: 'canary-nonce' } };
  return inEnvironment((tx) => createChallenge(enclave.context, tx, question));
}

function take(id: string, { purpose = 'test', device = 'mine' } = {}) {
  return inEnvironment((tx) => takeChallenge<{ nonce: string }>(enclave.context, tx, purpose, id, device));
}

test('a challenge is taken once, even by five at once', async () => {
  const id = await ask();
  const taken = await Promise.allSettled(Array.from({ length: 5 }, () => take(id)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of taken) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'challenge_invalid' });
});

test('another device, another purpose and another id get nothing and use nothing up', async () => {
  const id = await ask();
  await expect(take(id, { device: 'theirs' })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await expect(take(id, { purpose: 'other' })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await expect(take('x'.repeat(43))).rejects.toMatchObject({ code: 'challenge_invalid' });
  expect(await take(id)).toEqual({ nonce: 'canary-nonce' });
});

test('it is over when its time is, and later ones clear it away', async () => {
  const id = await ask('expiring');
  enclave.advance(6 * MINUTE);
  await expect(take(id, { purpose: 'expiring' })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await ask();
  expect(await enclave.forge(`select from challenges where purpose = 'expiring'`)).toEqual([]);
});

test('what somebody else brings is kept once, and given to the device that was asked', async () => {
  const id = await ask();
  const answer = (response: unknown) => inEnvironment((tx) => answerChallenge(enclave.context, tx, 'test', id, response));
  await answer({ code: 'first' });
  await expect(answer({ code: 'second' })).rejects.toMatchObject({ code: 'challenge_invalid' });
  const read = () => inEnvironment((tx) => readChallenge(enclave.context, tx, 'test', id, 'mine'));
  expect(await read()).toEqual({ nonce: 'canary-nonce', response: { code: 'first' } });
  expect(await take(id)).toEqual({ nonce: 'canary-nonce', response: { code: 'first' } });
});

test('a used one that is put back from outside is refused', async () => {
  const id = await ask('replayed');
  const [row] = await enclave.forge<Record<string, unknown>>(`select * from challenges where purpose = 'replayed'`);
  await take(id, { purpose: 'replayed' });
  const columns = Object.keys(row ?? {});
  await enclave.forge(
    `insert into challenges (${columns}) values (${columns.map((_, index) => `$${index + 1}`)})`,
    Object.values(row ?? {}),
  );
  await expect(take(id, { purpose: 'replayed' })).rejects.toMatchObject({ code: 'integrity_failed' });
});

test('neither ids nor what was asked lie in the database in clear', async () => {
  const id = await ask();
  const rows = await enclave.forge<{ text: string }>('select challenges::text || encode(sealed, $1) as text from challenges', ['escape']);
  expect(rows.length).toBeGreaterThan(0);
  for (const { text } of rows) for (const secret of [id, 'canary-nonce', 'mine']) expect(text).not.toContain(secret);
});
