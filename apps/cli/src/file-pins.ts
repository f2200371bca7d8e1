// What was learned of environments at the last visits, beside the login.
import type { PinStore } from '@privexbot/sdk';
import * as z from 'zod';
import { type Env, keep, readKnown } from './config-folder.ts';

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

export function filePins(env: Env): PinStore {
  const read = async () => (await readKnown(env, FILE, Environments)) ?? {};
  return {
    read: async (origin) => (await read())[origin],
    async write(origin, remembered) {
      const kept = await read();
      if (JSON.stringify(kept[origin]) !== JSON.stringify(remembered)) await keep(env, FILE, { ...kept, [origin]: remembered });
    },
  };
}
