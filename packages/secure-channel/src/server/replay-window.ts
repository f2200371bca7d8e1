import { REPLAY_WINDOW } from '../protocol/constants.ts';

/** Which stream ids were used: everything far below the highest counts as used (docs/secure-channel.md §7). */
export interface ReplayWindow {
  isFresh(streamId: number): boolean;
  mark(streamId: number): void;
}

export function replayWindow(): ReplayWindow {
  let highest = 0;
  let seen = 0n; // bit n: highest - n was used
  const all = (1n << BigInt(REPLAY_WINDOW)) - 1n;
  return {
    isFresh(streamId) {
      if (streamId > highest) return true;
      const age = highest - streamId;
      return streamId > 0 && age < REPLAY_WINDOW && (seen & (1n << BigInt(age))) === 0n;
    },
    mark(streamId) {
      if (streamId <= highest) seen |= 1n << BigInt(highest - streamId);
      else {
        const shift = streamId - highest;
        seen = shift >= REPLAY_WINDOW ? 1n : ((seen << BigInt(shift)) | 1n) & all;
        highest = streamId;
      }
    },
  };
}
