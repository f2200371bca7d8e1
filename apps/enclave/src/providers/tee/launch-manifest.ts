import { decodeLaunchManifest, encodeLaunchManifest, type LaunchManifest } from '@privexbot/attestation';
import type { Config } from '../../config.ts';
import { StartProblem } from '../../start-problem.ts';
import { SHIPPED_MODEL } from '../embeddings/use-lite/weights.ts';

type Facts = Pick<Config, 'statedSettings' | 'node' | 'embeddings' | 'launchManifest'>;

/** What was started and how, in the exact bytes that are measured: those of the image's file, else made from the configuration. */
export function makeLaunchManifest(config: Facts): Uint8Array {
  const models = modelsOf(config);
  if (!config.launchManifest) return encodeLaunchManifest({ v: 1, node: config.node, settings: config.statedSettings, models });
  const stated = decodeLaunchManifest(config.launchManifest);
  if (JSON.stringify(stated.models) !== JSON.stringify(models))
    throw new StartProblem(
      'The launch manifest states other models than this version runs. Write it anew with scripts/launch-manifest.ts.',
    );
  return config.launchManifest;
}

/** Models that run in this process' own children and are known before anybody signs in. */
function modelsOf({ embeddings }: Facts): LaunchManifest['models'] {
  return embeddings ? [] : [{ name: SHIPPED_MODEL.name, sha256: SHIPPED_MODEL.sha256 }];
}
