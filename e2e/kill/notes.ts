// What the writer knows of its writes: one line before a write is sent, one when it is acknowledged, on disk before the next step.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';

/** `key` names a thing, `value` is what it holds after the write. */
const Note = z.object({ key: z.string(), value: z.string(), acknowledged: z.boolean() });
/** An answer that no kill explains. */
const Surprise = z.object({ surprise: z.string() });

export interface Ledger {
  /** By thing: the values it may hold now. One where the last write was acknowledged, more where the outcome of later ones is unknown. */
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly acknowledged: number;
  readonly surprises: readonly string[];
}

/** A thing that a write which was not acknowledged may or may not have made. */
export const ABSENT = 'absent';

export interface Notebook extends Disposable {
  /** Notes the write, sends it, and notes its acknowledgement. */
  write<T>(key: string, value: string, send: () => Promise<T>): Promise<T>;
  /** Notes what was learned from an answer only, such as the id of something new. */
  acknowledge(key: string, value: string): void;
  surprise(what: string): void;
}

export function openNotebook(path: string): Notebook {
  const file = openSync(path, 'a', 0o600);
  const put = (line: z.infer<typeof Note> | z.infer<typeof Surprise>) => {
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
  };
  const acknowledge = (key: string, value: string) => put({ key, value, acknowledged: true });
  return {
    async write(key, value, send) {
      put({ key, value, acknowledged: false });
      const answer = await send();
      acknowledge(key, value);
      return answer;
    },
    acknowledge,
    surprise: (surprise) => put({ surprise }),
    [Symbol.dispose]: () => closeSync(file),
  };
}

export function readLedger(path: string): Ledger {
  const allowed = new Map<string, Set<string>>();
  const surprises: string[] = [];
  let acknowledged = 0;
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const entry = z.union([Note, Surprise]).parse(JSON.parse(line));
    if ('surprise' in entry) surprises.push(entry.surprise);
    else if (entry.acknowledged) {
      allowed.set(entry.key, new Set([entry.value]));
      acknowledged++;
    } else allowed.set(entry.key, (allowed.get(entry.key) ?? new Set([ABSENT])).add(entry.value));
  }
  return { allowed, acknowledged, surprises };
}
