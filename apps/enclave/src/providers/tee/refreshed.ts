/** Something that ages, such as what a vendor says about a processor: made anew by the first who asks after `maxAgeMs`, without a timer. */
export interface Refreshed<T> {
  readonly current: T;
  get(): Promise<T>;
}

/** A renewal that fails leaves the old value in use, which says by itself when it has run out, and is reported. */
export async function openRefreshed<T>(
  make: (at: Date) => Promise<T>,
  { maxAgeMs, now, onFailure }: { maxAgeMs: number; now: () => Date; onFailure?: (error: unknown) => void },
): Promise<Refreshed<T>> {
  let madeAt = now();
  let current = await make(madeAt);
  let renewal: Promise<void> | undefined;
  const renew = async (at: Date) => {
    // Also after a failure: whoever asks next is not to try again at once.
    madeAt = at;
    try {
      current = await make(at);
    } catch (error) {
      onFailure?.(error);
    }
  };
  return {
    get current() {
      return current;
    },
    async get() {
      const at = now();
      if (Math.abs(at.getTime() - madeAt.getTime()) >= maxAgeMs) {
        renewal ??= renew(at).finally(() => {
          renewal = undefined;
        });
      }
      await renewal;
      return current;
    },
  };
}
