import { type SnpMachine, writeSnpCrl, writeSnpEvidence } from '@privexbot/attestation/simulation';
import { openRefreshed } from '../refreshed.ts';
import { hex, sha256, sha384 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openSimulatedSnp } from './development-keys.ts';
import type { SimulationDial } from './dial.ts';
import type { SimulationOptions } from './simulated-provider.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** AMD 56860, Table 9: SMT is allowed, and the bit that is always one. */
const POLICY = 0x30000n;
const DEBUG = 1n << 19n;

export async function openSimulatedSnpProvider({
  build,
  manifest,
  simulationFolder,
  dial = {},
  now,
}: SimulationOptions): Promise<TeeProvider> {
  const machine = await openSimulatedSnp(simulationFolder, now());
  const measurement = sha384(`${build.digest} node ${process.version}`);
  const hostData = sha256(manifest);
  const crl = await openRefreshed((at) => issueCrl(machine, dial, at), { maxAgeMs: DAY_MS, now });
  return {
    kind: 'simulated-sev-snp',
    tee: 'sev-snp',
    isSimulated: true,
    registers: { measurement: hex(measurement), host_data: hex(hostData) },
    get collateralVersion() {
      return crl.current.version;
    },
    async attest(reportData) {
      const policy = dial.isDebug ? POLICY | DEBUG : POLICY;
      const [evidence, { content }] = await Promise.all([
        writeSnpEvidence(machine, { reportData, measurement, policy, hostData }),
        crl.get(),
      ]);
      return { tee: 'sev-snp', ...evidence, crl: content };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function issueCrl(machine: SnpMachine, { tcbStatus, issuedAt }: SimulationDial, at: Date) {
  const content = await writeSnpCrl(machine, issuedAt ?? at, { isAskRevoked: tcbStatus === 'Revoked' });
  return { content, version: hex(sha256(content)).slice(0, 16) };
}
