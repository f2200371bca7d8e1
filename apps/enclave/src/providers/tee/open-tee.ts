import { fileURLToPath } from 'node:url';
import type { Log } from '../../log.ts';
import { StartProblem } from '../../start-problem.ts';
import type { BuildMeasurement } from './build-measurement.ts';
import type { SimulationDial } from './simulation/dial.ts';
import { isSimulatedKind, type TeeKind, type TeeProvider } from './tee-provider.ts';

export interface TeeOptions {
  readonly kind: TeeKind;
  readonly build: BuildMeasurement;
  /** The launch manifest's exact bytes. */
  readonly manifest: Uint8Array;
  /** Default: that of the checkout. */
  readonly simulationFolder?: string;
  readonly dial?: SimulationDial;
  /** What the vendor says about the processor; nothing in it is believed without its signature. */
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
}

/** Of this checkout, and ignored by git: whoever has it can make evidence that development clients of this checkout take for simulated. */
export const SIMULATION_FOLDER = fileURLToPath(new URL('../../../../../.simulation', import.meta.url));

/**
 * Opens what can prove to others what runs here.
 * @throws StartProblem where the machine is not what the setting says, or was started with another launch manifest
 */
export async function openTee(options: TeeOptions): Promise<TeeProvider> {
  const { kind, simulationFolder = SIMULATION_FOLDER } = options;
  if (isSimulatedKind(kind)) {
    // Loaded only here: what makes up machines has no place in a process that runs on a real one.
    const { openSimulatedProvider } = await import('./simulation/simulated-provider.ts');
    return openSimulatedProvider(kind, { ...options, simulationFolder });
  }
  throw new StartProblem(`PRIVEXBOT_TEE=${kind} is not supported yet.`);
}
