// What was learned of environments at the last visits, beside the login.
import type { PinStore } from '@privexbot/sdk';
import * as z from 'zod';
import { type Env, keep, pathOf, readKnown } from './config-folder.ts';

const FILE = 'environments.json';
const Whole = z.number().int().min(0);
const Environments = z.record(
  z.string(),
  z.object({
    identityKey: z.string().exactOptional(),
    wasVerified: z.boolean().exactOptional(),
    log: z.string().exactOptional(),
    sequence: Whole.exactOptional(),
    logSize: Whole.exactOptional(),
    logRoot: z.string().exactOptional(),
    tcbEvaluationNumber: Whole.exactOptional(),
    launchManifest: z.string().exactOptional(),
  }),
);

interface FilePins extends PinStore {
  /** The file, for people to look at. */
  readonly path: string;
  forget(origin: string): Promise<void>;
}

export function filePins(env: Env): FilePins {
  const read = async () => (await readKnown(env, FILE, Environments)) ?? {};
  return {
    path: pathOf(env, FILE),
    read: async (origin) => (await read())[origin],
    async write(origin, remembered) {
      const kept = await read();
      if (JSON.stringify(kept[origin]) !== JSON.stringify(remembered)) await keep(env, FILE, { ...kept, [origin]: remembered });
    },
    async forget(origin) {
      const { [origin]: _, ...others } = await read();
      await keep(env, FILE, others);
    },
  };
}
