import type { FormatEvent } from './formats/format.ts';

/** A stream whose bytes are counted as they are taken, so that progress can be told. */
export function countBytes(
  stream: AsyncIterable<Uint8Array>,
  total: number,
): { stream: AsyncIterable<Uint8Array>; progress: () => FormatEvent } {
  let done = 0;
  return {
    stream: (async function* () {
      for await (const chunk of stream) {
        done += chunk.length;
        yield chunk;
      }
    })(),
    progress: () => ({ type: 'progress', done, total: Math.max(total, done), unit: 'bytes' }),
  };
}
