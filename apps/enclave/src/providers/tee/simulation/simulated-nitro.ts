import { writeNitroDocument } from '@privexbot/attestation/simulation';
import { extendedOnce, hex, sha384 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openSimulatedNitro } from './development-keys.ts';
import type { SimulationOptions } from './simulated-provider.ts';

/** The register that we extend ourselves; 0 to 15 belong to Nitro. */
const MANIFEST_PCR = 16;

export async function openSimulatedNitroProvider({
  build,
  manifest,
  simulationFolder,
  dial = {},
  now,
}: SimulationOptions): Promise<TeeProvider> {
  const machine = await openSimulatedNitro(simulationFolder, now());
  const pcrs = new Map([
    [0, sha384(`image ${build.digest} node ${process.version}`)],
    [1, sha384(`node ${process.version}`)],
    [2, sha384(`application ${build.digest}`)],
    [MANIFEST_PCR, extendedOnce(sha384(manifest))],
  ]);
  // In debug mode the hypervisor measures nothing.
  const shown = dial.isDebug ? new Map([...pcrs.keys()].map((index) => [index, new Uint8Array(48)])) : pcrs;
  return {
    kind: 'simulated-nitro',
    tee: 'nitro',
    isSimulated: true,
    registers: Object.fromEntries([...pcrs].map(([index, value]) => [`pcr${index}`, hex(value)])),
    // A document brings everything that is needed, each time anew.
    collateralVersion: 'document',
    async attest(reportData, nonce) {
      const content = { at: dial.issuedAt ?? now(), pcrs: shown, userData: reportData, ...(nonce ? { nonce } : {}) };
      return { tee: 'nitro', document: await writeNitroDocument(machine, content) };
    },
    attestKey: (publicKey) => writeNitroDocument(machine, { at: dial.issuedAt ?? now(), pcrs: shown, publicKey }),
    async [Symbol.asyncDispose]() {},
  };
}
