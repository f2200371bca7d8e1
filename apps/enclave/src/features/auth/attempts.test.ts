import { RATES } from '@privexbot/contract';
import { createClient } from '@privexbot/sdk';
import { createDevice } from '@privexbot/testing/device.ts';
import { type Enclave, PASSWORD, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countAttempt, findAttempted, mailboxOf } from './attempts.ts';

const WRONG = 'not the password';
const LIMITED = { code: 'rate_limited' };

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

/** The code of each attempt, from a hundred addresses and devices. */
async function guess(email: string, times: number): Promise<string[]> {
  const strangers = Array.from({ length: 100 }, () => enclave.client());
  const body = { email, password: WRONG };
  const tries = Array.from({ length: times / strangers.length }, async () => {
    const ends = await Promise.allSettled(strangers.map((client) => client.auth.signIn({ body })));
    return ends.map((end) => (end.status === 'fulfilled' ? 'in' : (end.reason as { code: string }).code));
  });
  return (await Promise.all(tries)).flat();
}

test('a thousand failed sign-ins from elsewhere neither lock nor slow the person on a known device', async () => {
  const { email } = await enclave.signUp();
  const device = createDevice();
  const signIn = () => createClient(enclave.transport(device)).auth.signIn({ body: { email, password: PASSWORD } });
  await signIn();
  const codes = await guess(email, 1_000);
  // Time gives some back while they are made.
  expect(codes.filter((code) => code === 'wrong_credentials').length).toBeLessThan(3 * RATES['sign-in-elsewhere'].burst);
  expect(codes.filter((code) => code === 'rate_limited').length).toBeGreaterThan(800);
  for (let i = 0; i < RATES['sign-in'].burst / 2; i++) await signIn();
});

test('a known device gets no more guesses than any other caller, and none of its own at another account', async () => {
  const { email } = await enclave.signUp();
  const other = await enclave.signUp();
  const device = createDevice();
  const channel = enclave.openChannel();
  const client = createClient(enclave.transport(device));
  await client.auth.signIn({ body: { email, password: PASSWORD } });
  const attempt = async (address: string) => {
    const scope = { channel: { ...channel, device: 'unknown' }, address };
    const { isKnown } = await findAttempted(enclave.context, scope, other.email);
    return countAttempt(enclave.context, scope, { method: 'password', email: other.email, isKnown });
  };
  for (let i = 0; i < RATES['sign-in'].burst; i++) await attempt('198.51.100.1');
  await expect(attempt('198.51.100.1')).rejects.toMatchObject(LIMITED);
  await attempt('198.51.100.2');
  for (let i = 0; i < RATES['sign-in'].burst; i++)
    await expect(client.auth.signIn({ body: { email, password: WRONG } })).rejects.toMatchObject({ code: 'wrong_credentials' });
  await expect(client.auth.signIn({ body: { email, password: WRONG } })).rejects.toMatchObject(LIMITED);
});

test('spellings of one mailbox count as one, as do addresses of one IPv6 customer', async () => {
  const { context } = enclave;
  const tries = Array.from({ length: RATES['sign-in'].burst }, (_, i) => `A.d.a+${i}@Example.com`);
  const from = (i: number) => ({ channel: undefined, address: `2001:db8:7:7::${i.toString(16)}` });
  for (const [i, email] of tries.entries()) await countAttempt(context, from(i), { method: 'password', email, isKnown: false });
  const last = countAttempt(context, from(99), { method: 'password', email: 'ada@example.com', isKnown: false });
  await expect(last).rejects.toMatchObject(LIMITED);
  await countAttempt(context, from(99), { method: 'reset', email: 'ada@example.com', isKnown: false });
});

test('an address without the at sign, and one of nothing but a tag, have a name too', () => {
  expect([mailboxOf('nobody'), mailboxOf('+tag@x.test')].map((name) => typeof name)).toEqual(['string', 'string']);
  expect(mailboxOf('a.b+c@d.e.test')).toBe('ab@d.e.test');
});
