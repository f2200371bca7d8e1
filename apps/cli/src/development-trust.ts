import { readFile } from 'node:fs/promises';
import { vendorAnchors } from '@privexbot/attestation';
import type { EnclaveOptions } from '@privexbot/sdk';
import { simulationAnchors } from '@privexbot/sdk/development';

/** `null` in the published program; it does not exist where this runs from source, in a checkout. */
declare const __PRIVEXBOT_SIMULATION_ROOTS__: string | null;

type Trust = Pick<EnclaveOptions, 'anchors' | 'allowSimulated'>;

/** In a checkout the simulated machines of that checkout are accepted, and shown as what they are. The published program knows none. */
export async function developmentTrust(): Promise<Trust> {
  if (typeof __PRIVEXBOT_SIMULATION_ROOTS__ === 'undefined') {
    const pem = await readFile(new URL('../../../.simulation/root.pem', import.meta.url), 'utf8').catch(() => '');
    return { anchors: [...vendorAnchors(), ...simulationAnchors(pem)], allowSimulated: true };
  }
  return {};
}
