import { writeFile } from 'node:fs/promises';
import type { Evidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';
import { extendedOnce, hex, sha384 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openIntelCollateral } from './collateral.ts';
import { readTsmReport } from './configfs-tsm.ts';
import { examine, type Registers, START_DATA } from './examine.ts';

export interface TdxOptions {
  readonly manifest: Uint8Array;
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
  /** Asks the machine for a quote over 64 bytes. */
  readonly quote?: (reportData: Uint8Array) => Promise<Uint8Array>;
  /** Writing 48 bytes extends RTMR3: Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest, from Linux 6.16 on. */
  readonly rtmr3Path?: string;
}

const RTMR3_PATH = '/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384';
const ZERO = '00'.repeat(48);

export async function readQuote(reportData: Uint8Array): Promise<Uint8Array> {
  return (await readTsmReport('tdx_guest', reportData)).report;
}

/** A TD that we are alone in: the launch manifest is bound by MRCONFIGID, where whoever starts the TD set it, else extended into RTMR3 here. */
export async function openTdx(options: TdxOptions): Promise<TeeProvider> {
  const { manifest, collateralFolder: folder, log, now, quote = readQuote, rtmr3Path = RTMR3_PATH } = options;
  const collateral = await openIntelCollateral({ folder, log, now });
  const attest = async (reportData: Uint8Array): Promise<Evidence> => {
    const [bytes, { content }] = await Promise.all([quote(reportData), collateral.get()]);
    return { tee: 'tdx', quote: bytes, ...(content ? { collateral: content } : {}) };
  };
  const look = async () => (await examine('tdx', await attest(START_DATA), now(), log)).registers;
  const registers = await bindManifest(sha384(manifest), look, rtmr3Path);
  return {
    kind: 'tdx',
    tee: 'tdx',
    isSimulated: false,
    registers,
    get collateralVersion() {
      return collateral.current.version;
    },
    attest,
    async [Symbol.asyncDispose]() {},
  };
}

async function bindManifest(digest: Uint8Array, look: () => Promise<Registers>, rtmr3Path: string): Promise<Registers> {
  const registers = await look();
  const expected = hex(extendedOnce(digest));
  if (registers.mr_config_id === hex(digest) || registers.rtmr3 === expected) return registers;
  if (registers.rtmr3 !== ZERO)
    throw new StartProblem(
      'RTMR3 of this TD already holds something else than the launch manifest. Start the TD anew; nothing else in it may extend RTMR3.',
    );
  await writeFile(rtmr3Path, digest).catch((error: unknown) => {
    throw new StartProblem(
      `The launch manifest cannot be measured: ${rtmr3Path} cannot be written (${systemCode(error)}). It needs Linux 6.16 or newer and the rights of root; or start the TD with MRCONFIGID ${hex(digest)}.`,
    );
  });
  const after = await look();
  if (after.rtmr3 !== expected) throw new StartProblem('RTMR3 does not hold the launch manifest after it was extended. Start the TD anew.');
  return after;
}
