import { join } from 'node:path';
import type { Evidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openIntelCollateral } from './collateral.ts';
import { type Configfs, LINUX } from './configfs-tsm.ts';
import { examine, START_DATA } from './examine.ts';

export interface SgxOptions {
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
  /** Gramine's pseudo-files: gramineproject/gramine Documentation/attestation.rst. */
  readonly folder?: string;
  readonly files?: Pick<Configfs, 'read' | 'write'>;
}

const FOLDER = '/dev/attestation';

/** An SGX enclave of Gramine, whose manifest names every file and option: MRENCLAVE is over it. SGX has no register for a launch manifest. */
export async function openSgx({ collateralFolder, log, now, folder = FOLDER, files = LINUX }: SgxOptions): Promise<TeeProvider> {
  const collateral = await openIntelCollateral({ folder: collateralFolder, log, now });
  const read = (name: string) => files.read(join(folder, name)).catch(refuse(join(folder, name)));
  const type = new TextDecoder().decode(await read('attestation_type')).trim();
  if (type !== 'dcap')
    throw new StartProblem(`Gramine's attestation type is ${type}. Set sgx.remote_attestation = "dcap" in its manifest.`);
  let last: Promise<unknown> = Promise.resolve();
  // The pseudo-files are one register for the whole process: who reads the quote must be who wrote the bytes.
  const quote = (reportData: Uint8Array) => {
    const next = last.then(async () => {
      const path = join(folder, 'user_report_data');
      await files.write(path, reportData).catch(refuse(path));
      return read('quote');
    });
    last = next.catch(() => undefined);
    return next;
  };
  const attest = async (reportData: Uint8Array): Promise<Evidence> => {
    const [bytes, { content }] = await Promise.all([quote(reportData), collateral.get()]);
    return { tee: 'sgx', quote: bytes, ...(content ? { collateral: content } : {}) };
  };
  const { registers } = await examine('sgx', await attest(START_DATA), now(), log);
  return {
    kind: 'sgx',
    tee: 'sgx',
    isSimulated: false,
    registers,
    get collateralVersion() {
      return collateral.current.version;
    },
    attest,
    async [Symbol.asyncDispose]() {},
  };
}

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw new StartProblem(`Gramine gives no evidence: ${path} cannot be used (${systemCode(error)}). Is this an SGX enclave?`);
  };
}
