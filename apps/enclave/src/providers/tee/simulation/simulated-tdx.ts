import { type DcapMachine, writeCollateral, writeQuote } from '@privexbot/attestation/simulation';
import { openRefreshed } from '../refreshed.ts';
import { extendedOnce, hex, sha256, sha384 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openSimulatedTdx } from './development-keys.ts';
import type { SimulationDial } from './dial.ts';
import type { SimulationOptions } from './simulated-provider.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Firmware and virtual machine of the simulator, which has neither. */
const MRTD = sha384('PrivexBot simulated TD');
const RTMR0 = sha384('PrivexBot simulated TD configuration');
/** SEPT_VE_DISABLE; the first bit is DEBUG (Intel TDX Module ABI, TD_ATTRIBUTES). */
const TD_ATTRIBUTES = Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0);
const DEBUG_ATTRIBUTES = Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0);

export async function openSimulatedTdxProvider({
  build,
  manifest,
  simulationFolder,
  dial = {},
  now,
}: SimulationOptions): Promise<TeeProvider> {
  const machine = await openSimulatedTdx(simulationFolder, now());
  const rtmrs = [
    RTMR0,
    sha384(`node ${process.version}`),
    new Uint8Array(Buffer.from(build.digest, 'hex')),
    extendedOnce(sha384(manifest)),
  ] as const;
  const collateral = await openRefreshed(async (at) => issueCollateral(machine, dial, at), { maxAgeMs: DAY_MS, now });
  return {
    kind: 'simulated-tdx',
    tee: 'tdx',
    isSimulated: true,
    registers: Object.fromEntries([['mrtd', hex(MRTD)], ...rtmrs.map((value, index) => [`rtmr${index}`, hex(value)])]),
    get collateralVersion() {
      return collateral.current.version;
    },
    async attest(reportData) {
      const tdAttributes = dial.isDebug ? DEBUG_ATTRIBUTES : TD_ATTRIBUTES;
      const [quote, { content }] = await Promise.all([
        writeQuote(machine, { reportData, mrTd: MRTD, rtmrs, tdAttributes }),
        collateral.get(),
      ]);
      return { tee: 'tdx', quote, collateral: content };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function issueCollateral(machine: DcapMachine, { tcbStatus, advisories, fixedAt, issuedAt }: SimulationDial, at: Date) {
  const content = await writeCollateral(machine, {
    issuedAt: issuedAt ?? at,
    ...(tcbStatus ? { status: tcbStatus } : {}),
    ...(advisories ? { advisories } : {}),
    ...(fixedAt ? { fixedAt } : {}),
  });
  return { content, version: hex(sha256(JSON.stringify(content))).slice(0, 16) };
}
