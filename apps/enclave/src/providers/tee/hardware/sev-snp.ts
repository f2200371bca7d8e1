import type { Evidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem } from '../../../start-problem.ts';
import { hex, sha256 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { readCertificateTable } from './certificate-table.ts';
import { type AmdCollateral, certificatesIn, openAmdCollateral } from './collateral.ts';
import { readTsmReport, type TsmReport } from './configfs-tsm.ts';
import { examine, START_DATA } from './examine.ts';

export interface SevSnpOptions {
  readonly manifest: Uint8Array;
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
  readonly report?: (reportData: Uint8Array) => Promise<TsmReport>;
}

const readReport = (reportData: Uint8Array) => readTsmReport('sev_guest', reportData);

/** A SEV-SNP guest that was started with the launch manifest's SHA-256 as HOST_DATA. */
export async function openSevSnp({
  manifest,
  collateralFolder: folder,
  log,
  now,
  report = readReport,
}: SevSnpOptions): Promise<TeeProvider> {
  const collateral = await openAmdCollateral({ folder, log, now });
  const attest = async (reportData: Uint8Array): Promise<Evidence> => {
    const [read, { content }] = await Promise.all([report(reportData), collateral.get()]);
    return evidenceOf(read, content);
  };
  const { registers } = await examine('sev-snp', await attest(START_DATA), now(), log);
  const hostData = hex(sha256(manifest));
  if (registers.host_data !== hostData)
    throw new StartProblem(
      `This machine was started with another launch manifest: HOST_DATA is ${registers.host_data}, and the manifest's SHA-256 is ${hostData}. Start it with that.`,
    );
  return {
    kind: 'sev-snp',
    tee: 'sev-snp',
    isSimulated: false,
    registers,
    get collateralVersion() {
      return collateral.current.version;
    },
    attest,
    async [Symbol.asyncDispose]() {},
  };
}

/** The host's table is of the very chip and firmware; files fill what it leaves out. */
function evidenceOf({ report, auxiliary }: TsmReport, files: AmdCollateral): Evidence {
  const table = readCertificateTable(auxiliary);
  const [certificate] = certificatesIn(table.vcek ?? table.vlek ?? files.certificate);
  const own = [...certificatesIn(table.ask), ...certificatesIn(table.ark)];
  const crl = table.crl ?? files.crl;
  return {
    tee: 'sev-snp',
    report,
    issuers: own.length > 0 ? own : files.issuers,
    ...(certificate ? { certificate } : {}),
    ...(crl ? { crl } : {}),
  };
}
