import { fileURLToPath } from 'node:url';
import type { Config } from '../../config.ts';
import { type BuildMeasurement, measureBuild } from './build-measurement.ts';
import { makeLaunchManifest } from './launch-manifest.ts';
import { openTee, type TeeOptions } from './open-tee.ts';
import type { TeeProvider } from './tee-provider.ts';

export type { BuildMeasurement } from './build-measurement.ts';
export { SIMULATION_FOLDER } from './open-tee.ts';
export type { TeeProvider } from './tee-provider.ts';

/** The checkout, or the image's program folder. */
const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url));

export interface MeasuredTee {
  readonly tee: TeeProvider;
  readonly build: BuildMeasurement;
  /** Exact bytes of the launch manifest. */
  readonly manifest: Uint8Array;
}

/**
 * Measures the build, writes down what is started and opens the TEE that the settings name. Dispose `tee` at the end.
 * @throws StartProblem
 */
export async function openMeasuredTee(
  config: Config,
  options: Pick<TeeOptions, 'log' | 'now' | 'dial' | 'simulationFolder'>,
): Promise<MeasuredTee> {
  const build = measureBuild(ROOT);
  const manifest = makeLaunchManifest(config);
  const tee = await openTee({ ...options, kind: config.tee, build, manifest, collateralFolder: config.collateralFolder });
  return { tee, build, manifest };
}
