import { RATES } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { RateLimiter } from './limits.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const { burst, perMinute } = RATES['sign-in'];

function createLimiter() {
  const clock = { at: DAY_MS };
  const limiter = new RateLimiter(() => new Date(clock.at));
  const take = (caller = 'somebody') => limiter.take('sign-in', caller);
  return { clock, take };
}

test('a caller has a burst, then what time gives back; others have their own', () => {
  const { clock, take } = createLimiter();
  for (let call = 0; call < burst; call++) take();
  expect(() => take()).toThrow(expect.objectContaining({ code: 'rate_limited', details: { seconds: 60 / perMinute } }));
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
