/** Hands values from several producers to one consumer, in order. */
export interface Channel<T> {
  push(value: T): void;
  /** Ends it after what was pushed; with a failure, by throwing its error. Only the first end counts. */
  close(failure?: { readonly error: unknown }): void;
  /** Everything pushed since the last call, at least one value; nothing at the end. */
  take(): Promise<readonly T[]>;
}

export function createChannel<T>(): Channel<T> {
  let values: T[] = [];
  let end: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  let wake = () => {};

  return {
    push(value) {
      values.push(value);
      wake();
    },
    close(failure) {
      end ??= { failure };
      wake();
    },
    async take() {
      while (values.length === 0 && !end) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const taken = values;
      values = [];
      if (taken.length === 0 && end?.failure) throw end.failure.error;
      return taken;
    },
  };
}
