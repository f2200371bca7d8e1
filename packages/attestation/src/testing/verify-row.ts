/** Runs one row of a vector folder through the verifier of its kind. */
import { Report } from '../checks.ts';
import { verifyNitro } from '../nitro/verify-nitro.ts';
import { readSevSnpPins } from '../sev-snp/pins.ts';
import { verifySevSnp } from '../sev-snp/verify-sev-snp.ts';
import type { Certificate } from '../x509.ts';
import { certificatesIn, type Row, readRowFile } from './vector-rows.ts';

/** Rows without a time hold what can only be read; any will do. */
const ANY_TIME = '2026-06-01T00:00:00Z';

export async function verifySevSnpRow(folder: URL, row: Row, anchors: readonly Certificate[]) {
  const file = (...names: string[]) => names.map((name) => readRowFile(folder, row, name)).find((bytes) => bytes !== undefined);
  const [certificate] = certificatesOf(file('vcek.der', 'vcek.pem', 'vlek.der', 'vlek.pem'));
  const crl = file('ark.crl');
  const policy = row.policy && row.policy !== 'default' ? file(row.policy) : undefined;
  const evidence = {
    report: file('report.bin') ?? new Uint8Array(),
    issuers: certificatesOf(file('ask_ark.pem')),
    ...(certificate && { certificate }),
    ...(crl && { crl }),
  };
  const report = new Report();
  const at = Date.parse(row.verify_at ?? ANY_TIME);
  const pins = policy ? readSevSnpPins(JSON.parse(new TextDecoder().decode(policy))) : {};
  const claims = await verifySevSnp(evidence, { at, anchors, policy: pins, isCrlRequired: crl !== undefined }, report);
  return { checks: report.checks, claims };
}

export async function verifyNitroRow(folder: URL, row: Row, anchors: readonly Certificate[]) {
  const report = new Report();
  const document = readRowFile(folder, row, 'document.cbor') ?? new Uint8Array();
  const claims = await verifyNitro(document, { at: Date.parse(row.verify_at ?? ANY_TIME), anchors }, report);
  return { checks: report.checks, claims };
}

function certificatesOf(bytes: Uint8Array | undefined): Uint8Array[] {
  return bytes ? certificatesIn(bytes) : [];
}
