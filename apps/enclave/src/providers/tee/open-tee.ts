import { fileURLToPath } from 'node:url';
import type { Log } from '../../log.ts';
import type { BuildMeasurement } from './build-measurement.ts';
import { openDstack } from './hardware/dstack.ts';
import { openNitro } from './hardware/nitro.ts';
import { openSecretVm } from './hardware/secretvm.ts';
import { openSevSnp } from './hardware/sev-snp.ts';
import { openSgx } from './hardware/sgx.ts';
import { openTdx } from './hardware/tdx.ts';
import type { SimulationDial } from './simulation/dial.ts';
import { isSimulatedKind, type SimulatedKind, type TeeKind, type TeeProvider } from './tee-provider.ts';

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

const HARDWARE: Readonly<Record<Exclude<TeeKind, SimulatedKind>, (options: TeeOptions) => Promise<TeeProvider>>> = {
  tdx: openTdx,
  'sev-snp': openSevSnp,
  nitro: openNitro,
  sgx: openSgx,
  dstack: openDstack,
  secretvm: openSecretVm,
};

/**
 * Opens what can prove to others what runs here.
 * @throws StartProblem where the machine is not what the setting says, or was started with another launch manifest
 */
export async function openTee(options: TeeOptions): Promise<TeeProvider> {
  const { kind, simulationFolder = SIMULATION_FOLDER } = options;
  if (!isSimulatedKind(kind)) return HARDWARE[kind](options);
  // Loaded only here: what makes up machines has no place in a process that runs on a real one.
  const { openSimulatedProvider } = await import('./simulation/simulated-provider.ts');
  return openSimulatedProvider(kind, { ...options, simulationFolder });
}
