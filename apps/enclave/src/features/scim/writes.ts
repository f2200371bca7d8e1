import { Batcher } from '../../db/batcher.ts';
import type { EnvironmentTx, Ports, ScimCall } from './call.ts';
import { requireStill } from './tokens.ts';

/** At once: whoever else changes people waits for so long. */
const TOGETHER = 25;

type Work<T> = (tx: EnvironmentTx) => Promise<T>;

/** Runs what changes something in a transaction that the environment may see, as the token of the call. */
export type Write = <T>(call: ScimCall, kind: string, work: Work<T>) => Promise<T>;

/**
 * A directory sends its people as fast as it is answered, and each change waits for the one before. Those of a kind that wait together
 * share a transaction; where one of them is refused, nothing of it stays, and each is run again by itself.
 */
export function createWrites({ db }: Pick<Ports, 'db'>): Write {
  const batcher = new Batcher<string, { readonly call: ScimCall; run(tx: EnvironmentTx): Promise<void> }>({
    maxWaitMs: 0,
    maxItems: TOGETHER,
    async flush(_, writes) {
      const [first] = writes;
      if (!first) return;
      await db.transaction('environment', first.call.token.id, async (tx) => {
        for (const { run } of writes) await run(tx);
        // Afterwards, since whoever removes the connection waits for what is locked by now.
        await requireStill(db.keyring, tx, first.call);
      });
    },
  });
  return async <T>(call: ScimCall, kind: string, work: Work<T>) => {
    let done: { readonly value: T } | undefined;
    const run = async (tx: EnvironmentTx) => {
      done = { value: await work(tx) };
    };
    await batcher.add(`${call.token.id} ${kind}`, { call, run });
    if (!done) throw new Error('a write ended without being run');
    return done.value;
  };
}
