import { RATES, type RateClass } from '@privexbot/contract';
import { AppError } from '../errors.ts';

interface Bucket {
  tokens: number;
  at: number;
}

const MAX_BUCKETS = 100_000;

/** Token buckets in memory, one per rate class and caller. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** @throws AppError `rate_limited` with the seconds until a call is free */
  take(rate: RateClass, caller: string): void {
    const { perMinute, burst } = RATES[rate];
    const perMs = perMinute / 60_000;
    const now = this.#now().getTime();
    const key = `${rate} ${caller}`;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    // A clock that was set back must not take calls away.
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perMs);
    bucket.at = now;
    if (bucket.tokens < 1) throw new AppError('rate_limited', { seconds: Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1_000)) });
    bucket.tokens--;
    if (!this.#buckets.has(key) && this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    this.#buckets.set(key, bucket);
  }

  /** Gives back a call that shall not count. */
  giveBack(rate: RateClass, caller: string): void {
    const bucket = this.#buckets.get(`${rate} ${caller}`);
    if (bucket) bucket.tokens++;
  }
}
