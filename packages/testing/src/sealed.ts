// Callers of a running server of this checkout, through the sealed channel: they accept its simulation and nothing else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustAnchor } from '@privexbot/attestation';
import { SIMULATION_FOLDER } from '@privexbot/enclave/providers/tee/index.ts';
import { deviceKeyOf, type EnclaveConnection, type EnclaveOptions, generateDeviceKey, openEnclave, type Transport } from '@privexbot/sdk';
import { simulationAnchors } from '@privexbot/sdk/development';

/** The roots that a server of this checkout made at its first start. */
export async function developmentAnchors(): Promise<readonly TrustAnchor[]> {
  return simulationAnchors(await readFile(join(SIMULATION_FOLDER, 'root.pem'), 'utf8'));
}

/** A connection as a program has it: with an API key, or with a device key of its own that can sign in. */
export async function openSealed(url: string, apiKey?: string, options: Partial<EnclaveOptions> = {}): Promise<EnclaveConnection> {
  const who = apiKey ? { headers: { authorization: `Bearer ${apiKey}` } } : { device: await deviceKeyOf(await generateDeviceKey()) };
  return openEnclave({ url, anchors: await developmentAnchors(), allowSimulated: true, ...who, ...options });
}

/** The same as a transport that connects with its first request. */
export function sealedTransport(url: string, apiKey?: string, options?: Partial<EnclaveOptions>): Transport {
  let opened: Promise<EnclaveConnection> | undefined;
  return async (request) => {
    opened ??= openSealed(url, apiKey, options);
    return (await opened).transport(request);
  };
}
