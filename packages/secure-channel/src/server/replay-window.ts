import { REPLAY_WINDOW } from '../protocol/constants.ts';

/** Which stream ids were used: everything far below the highest counts as used (docs/secure-channel.md §7). */
export interface ReplayWindow {
  isFresh(streamId: number): boolean;
  mark(streamId: number): void;
}

export function replayWindow(): ReplayWindow {
  let highest = 0;
  /** The last used id of each place: the ids of the window stand in places of their own. 0 is no id. */
  const used = new Uint32Array(REPLAY_WINDOW);
  return {
    isFresh(streamId) {
      if (streamId > highest) return true;
      return streamId > 0 && highest - streamId < REPLAY_WINDOW && used[streamId % REPLAY_WINDOW] !== streamId;
    },
    mark(streamId) {
      used[streamId % REPLAY_WINDOW] = streamId;
      highest = Math.max(highest, streamId);
    },
  };
}
