import { createHash, hash } from 'node:crypto';

export type Passage = { ordinal: number; text: string; headings: readonly string[]; title: string };

export const DIGEST_BYTES = 16;

/** What a passage says, as 16 bytes: the same exactly if text, headings and title are. */
export function passageDigest({ text, headings, title }: Passage): Uint8Array {
  return Uint8Array.from(hash('sha256', JSON.stringify([text, headings, title]), 'buffer').subarray(0, DIGEST_BYTES));
}

/** What a document says, as hexadecimal: the same exactly if it has the same passages under the same ordinals. */
export function documentDigest(passages: Iterable<readonly [ordinal: number, digest: Uint8Array]>): string {
  const whole = createHash('sha256');
  for (const [ordinal, digest] of [...passages].sort(([a], [b]) => a - b)) whole.update(`${ordinal}:`).update(digest);
  return whole.digest('hex');
}
