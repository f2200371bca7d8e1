import { batchOf, MAX_BATCH } from '../protocol/batch.ts';
import { nativeHashes } from './hashes.ts';

/** @param nonce the hello's, for evidence that repeats it; absent where one quote commits several handshakes */
export type GetEvidence = (reportData: Uint8Array, nonce?: Uint8Array) => Promise<Uint8Array>;

export interface Attested {
  readonly evidence: Uint8Array;
  /** Empty if the evidence commits this handshake alone. */
  readonly batchPath: Uint8Array;
}

interface Waiting {
  readonly reportData: Uint8Array;
  readonly nonce: Uint8Array;
  readonly resolve: (attested: Attested) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers handshakes for so long and lets one quote commit them all, for hosts that limit quotes. */
export function evidenceBatches(
  getEvidence: GetEvidence,
  gatherMs: number,
): (reportData: Uint8Array, nonce: Uint8Array) => Promise<Attested> {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    const members = waiting;
    waiting = [];
    try {
      const [only, ...others] = members;
      const batch = batchOf(
        nativeHashes,
        members.map(({ reportData }) => reportData),
      );
      const isAlone = only && others.length === 0;
      const evidence = await (isAlone ? getEvidence(only.reportData, only.nonce) : getEvidence(batch.reportData));
      for (const [index, { resolve }] of members.entries())
        resolve({ evidence, batchPath: isAlone ? new Uint8Array() : (batch.paths[index] ?? new Uint8Array()) });
    } catch (error) {
      for (const { reject } of members) reject(error);
    }
  }

  if (gatherMs === 0) return async (reportData, nonce) => ({ evidence: await getEvidence(reportData, nonce), batchPath: new Uint8Array() });
  return (reportData, nonce) =>
    new Promise((resolve, reject) => {
      waiting.push({ reportData, nonce, resolve, reject });
      if (waiting.length === 1) timer = setTimeout(flush, gatherMs);
      else if (waiting.length === MAX_BATCH) void flush();
    });
}
