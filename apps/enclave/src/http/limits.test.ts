import { RATE_OF_ORGANIZATION, RATES } from '@privexbot/contract';
import { createStorage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { rememberReceived } from './idempotency.ts';
import { networkOf, RateLimiter } from './limits.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const { burst, perMinute } = RATES.read;
const REFUSED = { code: 'rate_limited' };

function createLimiter() {
  const clock = { at: DAY_MS };
  const limiter = new RateLimiter(() => new Date(clock.at));
  const take = (caller = 'somebody') => limiter.take('read', caller);
  return { clock, limiter, take };
}

test('a caller has a burst, then what time gives back; others have their own', () => {
  const { clock, take } = createLimiter();
  for (let call = 0; call < burst; call++) take();
  expect(() => take()).toThrow(expect.objectContaining({ code: 'rate_limited', details: { seconds: 1 } }));
  take('another');
  clock.at += 60_000 / perMinute;
  take();
  expect(() => take()).toThrow();
});

test('a clock that is set back locks nobody out', () => {
  const { clock, take } = createLimiter();
  take();
  clock.at = 0;
  take();
});

test('an organization has many times what one caller has', () => {
  const { limiter } = createLimiter();
  for (let call = 0; call < burst * RATE_OF_ORGANIZATION; call++) limiter.take('read', 'org', RATE_OF_ORGANIZATION);
  expect(() => limiter.take('read', 'org', RATE_OF_ORGANIZATION)).toThrow(expect.objectContaining(REFUSED));
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['in process', 'in process'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('two servers let through together what one would, each call of the classes that are counted exactly', async () => {
  await using storage = await createStorage();
  await using one = await startEnclave({ storage, isReplica: true });
  await using two = await startEnclave({ storage, isReplica: true });
  const both = [one, two].map(({ context }) => context.limiter);
  const tries = Array.from({ length: 4 * RATES['sign-in'].burst }, (_, i) => both[i % 2]?.takeExact('sign-in', 'somebody'));
  const outcomes = await Promise.allSettled(tries);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(RATES['sign-in'].burst);
  await Promise.all(both.map((limiter) => limiter.takeExact('sign-in', 'another')));
  for (const enclave of [one, two]) enclave.advance(60_000 / RATES['sign-in'].perMinute + 10);
  const later = await Promise.allSettled(both.map((limiter) => limiter.takeExact('sign-in', 'somebody')));
  expect(later.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('in the classes of every request, what one server let through is missing at the other a moment later', async () => {
  await using storage = await createStorage();
  await using one = await startEnclave({ storage, isReplica: true });
  await using two = await startEnclave({ storage, isReplica: true });
  const [here, there] = [one, two].map(({ context }) => context.limiter);
  for (let call = 0; call < burst; call++) here?.take('read', 'somebody');
  await here?.tell();
  for (let call = 0; call < burst * 0.02; call++) there?.take('read', 'somebody');
  await there?.tell();
  expect(() => there?.take('read', 'somebody')).toThrow(expect.objectContaining(REFUSED));
});

test('a keyed request is acted on once, whichever servers receive it', async () => {
  await using storage = await createStorage();
  await using one = await startEnclave({ storage, isReplica: true });
  await using two = await startEnclave({ storage, isReplica: true });
  const both = [one, two].map(({ context }) => rememberReceived(context.now, context.shared));
  let acted = 0;
  const send = (key: string, code?: 'busy') => (once: (typeof both)[number]) => {
    const request = new Request('http://127.0.0.1/v1/things', { method: 'POST', headers: { 'idempotency-key': key } });
    return once({ request, channel: undefined }, async () => {
      if (code) throw new AppError(code);
      acted++;
    });
  };
  const outcomes = await Promise.allSettled([...both, ...both].map(send('raced')));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(acted).toBe(1);
  for (const once of both) await expect(send('later', 'busy')(once)).rejects.toMatchObject({ code: 'busy' });
  for (const once of both.slice(0, 1)) await send('later')(once);
  for (const once of both) await expect(send('later')(once)).rejects.toMatchObject({ code: 'already_received' });
});
