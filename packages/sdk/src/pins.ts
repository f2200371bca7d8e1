import type { Remembered } from '@privexbot/attestation';

/** What a client keeps of each environment it verified, by origin, so that another one at the same address is noticed. */
export interface PinStore {
  read(origin: string): Promise<Remembered | undefined>;
  write(origin: string, remembered: Remembered): Promise<void>;
}

/** Remembers as long as the process lives. */
export function memoryPins(): PinStore {
  const kept = new Map<string, Remembered>();
  return {
    read: async (origin) => kept.get(origin),
    async write(origin, remembered) {
      kept.set(origin, remembered);
    },
  };
}
