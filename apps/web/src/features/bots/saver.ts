/** Saves a growing draft: one write at a time, the newest value last, and never a lost one. */

export type SaveState<R> = { state: 'saved'; result: R; at: Date } | { state: 'saving' } | { state: 'failed'; error: unknown };

export interface Saver<S, R> {
  /** Remembers the value and writes it a moment later. */
  change(value: S): void;
  /** Writes what is not written yet, and waits for it. Throws what the write threw. */
  flush(): Promise<R | undefined>;
  /** What the last write, or the start, left behind. */
  stored(): R | undefined;
  /** Goes on from another stored value, such as after a conflict. */
  restart(result: R): void;
}

/** @param write receives the stored result of the write before it */
export function createSaver<S, R>(
  initial: R | undefined,
  write: (value: S, before: R | undefined) => Promise<R>,
  report: (state: SaveState<R>) => void,
  delayMs = 600,
): Saver<S, R> {
  let stored = initial;
  let pending: { value: S } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (pending) {
      const { value } = pending;
      pending = undefined;
      report({ state: 'saving' });
      try {
        stored = await write(value, stored);
      } catch (error) {
        // What failed stays to be written, unless something newer came meanwhile.
        pending ??= { value };
        report({ state: 'failed', error });
        throw error;
      }
    }
    if (stored !== undefined) report({ state: 'saved', result: stored, at: new Date() });
  }

  async function flush(): Promise<R | undefined> {
    clearTimeout(timer);
    while (writing || pending) {
      if (writing) await writing.catch(() => undefined);
      else {
        writing = writeAll().finally(() => {
          writing = undefined;
        });
        await writing;
      }
    }
    return stored;
  }

  return {
    change(value) {
      pending = { value };
      clearTimeout(timer);
      timer = setTimeout(() => void flush().catch(() => undefined), delayMs);
    },
    flush,
    stored: () => stored,
    restart(result) {
      clearTimeout(timer);
      pending = undefined;
      stored = result;
    },
  };
}
