import { RATES, type RateClass } from '@privexbot/contract';
import { AppError } from '../errors.ts';
import type { Rate, SharedLimits, Taken } from './shared-limits.ts';

interface Bucket {
  tokens: number;
  at: number;
  /** Calls let through that other servers do not know of yet. */
  untold: number;
}

/** Classes in which each call is counted by all servers together before it is let through: few calls, and dear ones. */
const EXACT = ['sign-in', 'sign-in-elsewhere', 'rotation'] as const satisfies readonly RateClass[];
export type ExactRate = (typeof EXACT)[number];
/** Classes of every request. Several servers tell each other a moment later what they let through; who had too much waits longer. */
export type QuickRate = Exclude<RateClass, ExactRate>;

const MAX_BUCKETS = 100_000;
const TELL_EVERY_MS = 250;
/** A server tells what a caller used once it is this part of the caller's burst. */
const TOLD_FROM = 0.02;
const SWEEP_EVERY_MS = 10 * 60_000;
const RECEIVED_KEPT_MS = 24 * 60 * 60_000;

/** Token buckets, one per rate class and caller. In memory, and where several servers share a database in that too. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => Date;
  readonly #shared: SharedLimits | undefined;
  /** Callers with something untold, by class and by how many times as fast as one caller they may be. */
  readonly #untold = new Map<string, { readonly rate: Rate; readonly keys: Set<string> }>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();
  #swept = 0;

  /** @param shared where other servers work on the same database */
  constructor(now: () => Date, shared?: SharedLimits) {
    this.#now = now;
    this.#shared = shared;
  }

  /**
   * @param times how many times as fast as one caller this one may be: an organization is many
   * @throws AppError `rate_limited` with the seconds until a call is free
   */
  take(rateClass: QuickRate, caller: string, times = 1): void {
    const rate = scaled(RATES[rateClass], times);
    const key = `${rateClass} ${caller}`;
    const bucket = this.#takeHere(key, rate);
    if (!this.#shared) return;
    bucket.untold++;
    if (bucket.untold >= rate.burst * TOLD_FROM) this.#tellSoon(`${rateClass} ${times}`, rate, key);
  }

  /** The same for classes that all servers count together. */
  async takeExact(rateClass: ExactRate, caller: string): Promise<void> {
    const rate = RATES[rateClass];
    const key = `${rateClass} ${caller}`;
    // Here too, so that whoever can write the database gains no more than a server each.
    this.#takeHere(key, rate);
    const taken = await this.#shared?.take(key, rate, this.#now().getTime());
    if (taken && !taken.isFree) throw refusal(rate, taken.left);
  }

  /** Either, whatever the class is. */
  async admit(rateClass: RateClass, caller: string, times = 1): Promise<void> {
    if (isExact(rateClass)) await this.takeExact(rateClass, caller);
    else this.take(rateClass, caller, times);
  }

  /** Gives back a call that shall not count. */
  giveBack(rateClass: RateClass, caller: string): void {
    const key = `${rateClass} ${caller}`;
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens++;
    // A call that is not given back is only one fewer.
    if (isExact(rateClass)) this.#shared?.giveBack(key, RATES[rateClass]).catch(() => undefined);
    else if (bucket) bucket.untold--;
  }

  /** Tells other servers what was let through, and learns what they did. */
  tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tellAll());
    return this.#telling;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.tell();
  }

  #takeHere(key: string, rate: Rate): Bucket {
    const now = this.#now().getTime();
    const bucket = this.#buckets.get(key) ?? { tokens: rate.burst, at: now, untold: 0 };
    // A clock that was set back must not take calls away.
    bucket.tokens = Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) * rate.perMinute) / 60_000);
    bucket.at = now;
    if (bucket.tokens < 1) throw refusal(rate, bucket.tokens);
    bucket.tokens--;
    if (!this.#buckets.has(key)) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #tellSoon(name: string, rate: Rate, key: string): void {
    const untold = this.#untold.get(name) ?? { rate, keys: new Set() };
    untold.keys.add(key);
    this.#untold.set(name, untold);
    this.#timer ??= setTimeout(() => void this.tell(), TELL_EVERY_MS).unref();
  }

  async #tellAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const untold = [...this.#untold.values()];
    this.#untold.clear();
    for (const { rate, keys } of untold) await this.#tellOne(rate, keys);
    const now = this.#now().getTime();
    if (!this.#shared || now - this.#swept < SWEEP_EVERY_MS) return;
    this.#swept = now;
    await this.#shared.sweep(now, now - RECEIVED_KEPT_MS).catch(() => undefined);
  }

  async #tellOne(rate: Rate, keys: ReadonlySet<string>): Promise<void> {
    const taken: Taken[] = [];
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (!bucket) continue;
      taken.push({ key, calls: bucket.untold });
      bucket.untold = 0;
    }
    const now = this.#now().getTime();
    try {
      const left = (await this.#shared?.settle(rate, taken, now)) ?? new Map<string, number>();
      for (const [key, tokens] of left) {
        const bucket = this.#buckets.get(key);
        // What was let through meanwhile comes off what all have left.
        if (bucket) bucket.tokens = Math.min(bucket.tokens, tokens - bucket.untold);
      }
    } catch {
      // Told with the next ones.
      for (const { key, calls } of taken) {
        const bucket = this.#buckets.get(key);
        if (bucket) bucket.untold += calls;
      }
    }
  }
}

/** The network a caller's address belongs to, as far as one caller can choose addresses: an IPv6 customer has 2^64. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  const prefix = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${prefix.join(':')}::/64`;
}

function isExact(rateClass: RateClass): rateClass is ExactRate {
  return (EXACT as readonly RateClass[]).includes(rateClass);
}

function scaled({ perMinute, burst }: Rate, times: number): Rate {
  return { perMinute: perMinute * times, burst: burst * times };
}

function refusal({ perMinute }: Rate, tokens: number): AppError {
  return new AppError('rate_limited', { seconds: Math.max(1, Math.ceil(((1 - tokens) * 60) / perMinute)) });
}
