export { anchorsFromPem, type TrustAnchor, vendorAnchors } from './anchors.ts';
export { CHECKS, type Check, type CheckId, type CheckStatus } from './checks.ts';
export type { Collateral } from './dcap/collateral.ts';
export type { DcapEvidence, DcapPolicy } from './dcap/verify-dcap.ts';
export { type EventLogClaims, type EventLogEvidence, type MeasuredRegisters, verifyEventLog } from './event-log/verify-event-log.ts';
export type { Claims, Measurement, Policy, Tee } from './policy.ts';
export type { SevSnpPolicy } from './sev-snp/report-checks.ts';
export type { SevSnpEvidence } from './sev-snp/verify-sev-snp.ts';
export {
  type Evidence,
  requireVerified,
  type Verdict,
  type Verification,
  type VerificationCode,
  VerificationError,
  type VerifiedEvidence,
  type VerifyOptions,
  verifyEvidence,
} from './verify.ts';
