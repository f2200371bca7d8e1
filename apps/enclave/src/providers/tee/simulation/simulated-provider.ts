import type { BuildMeasurement } from '../build-measurement.ts';
import type { SimulatedKind, TeeProvider } from '../tee-provider.ts';
import { prepareSimulation } from './development-keys.ts';
import type { SimulationDial } from './dial.ts';
import { openSimulatedNitroProvider } from './simulated-nitro.ts';
import { openSimulatedSnpProvider } from './simulated-sev-snp.ts';
import { openSimulatedTdxProvider } from './simulated-tdx.ts';

export interface SimulationOptions {
  readonly build: BuildMeasurement;
  /** The launch manifest's bytes. */
  readonly manifest: Uint8Array;
  readonly simulationFolder: string;
  readonly dial?: SimulationDial;
  readonly now: () => Date;
}

const OPEN: Readonly<Record<SimulatedKind, (options: SimulationOptions) => Promise<TeeProvider>>> = {
  'simulated-tdx': openSimulatedTdxProvider,
  'simulated-sev-snp': openSimulatedSnpProvider,
  'simulated-nitro': openSimulatedNitroProvider,
};

export async function openSimulatedProvider(kind: SimulatedKind, options: SimulationOptions): Promise<TeeProvider> {
  await prepareSimulation(options.simulationFolder, kind, options.now());
  return OPEN[kind](options);
}
