export { anchorsFromPem, type TrustAnchor, vendorAnchors } from './anchors.ts';
export { CHECKS, type Check, type CheckId, type CheckStatus } from './checks.ts';
export type { Collateral } from './dcap/collateral.ts';
export type { DcapEvidence, DcapPolicy } from './dcap/verify-dcap.ts';
export { decodeEvidence, type EvidenceDocument, encodeEvidence } from './environment/evidence-document.ts';
export { keyWords } from './environment/key-words.ts';
export {
  decodeLaunchManifest,
  encodeLaunchManifest,
  type LaunchManifest,
  launchManifestDigest,
  type Model,
} from './environment/launch-manifest.ts';
export { LIMITS, type LimitId } from './environment/limits.ts';
export type { EnvironmentVerdict, Remembered } from './environment/verdict.ts';
export {
  type EnvironmentInput,
  type EnvironmentOptions,
  type EnvironmentPeer,
  type EnvironmentResult,
  keyFingerprint,
  type Pins,
  type VerifiedEnvironment,
  verifyEnvironment,
} from './environment/verify-environment.ts';
export { type EventLogClaims, type EventLogEvidence, type MeasuredRegisters, verifyEventLog } from './event-log/verify-event-log.ts';
export type { Claims, Measurement, Policy, Tee } from './policy.ts';
export { type Checkpoint, parseCheckpoint, type VerifyEd25519 } from './release/checkpoint.ts';
export { type TreeHead, verifyConsistency, verifyInclusion } from './release/merkle.ts';
export type { NoteKey } from './release/note.ts';
export { decodeReleaseEntry, encodeReleaseEntry, type ReleaseEntry, type ReleaseMeasurement } from './release/release-entry.ts';
export { RELEASE_LOGS, type ReleaseLog } from './release/release-log.ts';
export { decodeReleaseStatement, encodeReleaseStatement, type ReleaseStatement } from './release/release-statement.ts';
export type { ReleaseFacts, SignerTrust } from './release/verify-release.ts';
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
