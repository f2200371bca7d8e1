/** Made-up hardware in the real wire formats, for tests and the development mode. No production bundle may hold it. */
export {
  type CertificateFields,
  createKey,
  type Issuer,
  issueCertificate,
  issueCrl,
  type KeyKind,
  name,
  type SigningKey,
  signRaw,
  toPem,
} from './authority.ts';
export {
  type CollateralContent,
  createDcapMachine,
  type DcapMachine,
  type QuoteContent,
  writeCollateral,
  writeQuote,
} from './dcap.ts';
export { createNitroMachine, type NitroContent, type NitroMachine, writeNitroDocument } from './nitro.ts';
export { createSnpMachine, type SnpContent, type SnpMachine, writeSnpCrl, writeSnpEvidence } from './sev-snp.ts';
