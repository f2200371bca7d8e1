import type { TrustAnchor } from './anchors.ts';
import { equalBytes, toHex } from './bytes.ts';
import { type Check, type CheckId, Report } from './checks.ts';
import { dcapClaims, nitroClaims, sevSnpClaims } from './claims.ts';
import { type DcapClaims, type DcapEvidence, verifyDcap } from './dcap/verify-dcap.ts';
import { type EventLogEvidence, verifyEventLog } from './event-log/verify-event-log.ts';
import { verifyNitro } from './nitro/verify-nitro.ts';
import { type Claims, checkClaims, type Policy, type Tee } from './policy.ts';
import { type SevSnpEvidence, verifySevSnp } from './sev-snp/verify-sev-snp.ts';
import type { Certificate } from './x509.ts';

export type Evidence =
  | ({
      readonly tee: 'tdx' | 'sgx';
      /** What was started in a TD; what it proves stands among the registers as `compose_hash`. */
      readonly eventLog?: EventLogEvidence;
    } & DcapEvidence)
  | ({ readonly tee: 'sev-snp' } & SevSnpEvidence)
  | { readonly tee: 'nitro'; readonly document: Uint8Array };

export interface VerifyOptions {
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  /** `vendorAnchors()`; a development build adds its simulation root. */
  readonly anchors: readonly TrustAnchor[];
  readonly policy?: Policy;
  /** What the evidence must bind, 64 bytes. Without it the evidence may be genuine but opens no channel. */
  readonly expectedReportData?: Uint8Array;
}

/** `simulated`: everything is right, but below a development root, so that no hardware vouches for it. */
export type Verdict = 'verified' | 'verified-with-warnings' | 'simulated' | 'not-verified';

export interface Verification {
  readonly verdict: Verdict;
  readonly tee: Tee;
  readonly checkedAt: Date;
  readonly checks: readonly Check[];
  /** What the evidence says: to be shown, and to be believed only with the verdict. */
  readonly claims?: Claims;
  /** The trusted root at which the evidence ends. */
  readonly anchor?: TrustAnchor;
}

/** Verifies evidence of any kind. Hostile evidence gives `not-verified` with the checks that failed; it never throws. */
export async function verifyEvidence(evidence: Evidence, options: VerifyOptions): Promise<Verification> {
  const report = new Report();
  const { at, policy = {}, expectedReportData } = options;
  const anchors = options.anchors.filter(({ tees }) => tees.includes(evidence.tee));
  const found = await verifyKind(evidence, at, policy, certificatesOf(anchors), report);
  if (found) checkClaims(found.claims, policy, expectedReportData && toHex(expectedReportData), report);
  const root = found?.anchor;
  const anchor = root && anchors.find(({ certificate }) => equalBytes(certificate.der, root.der));
  // No line may say more than was checked.
  if (anchor?.isSimulation) report.add('chain', 'warned', { explain: 'It ends at the root of a simulation.' });
  const checks = Object.freeze(report.checks);
  const verification: Verification = Object.freeze({
    verdict: decide(evidence.tee, checks, anchor),
    tee: evidence.tee,
    checkedAt: new Date(at),
    checks,
    ...(found ? { claims: found.claims } : {}),
    ...(anchor ? { anchor } : {}),
  });
  made.add(verification);
  return verification;
}

function certificatesOf(anchors: readonly TrustAnchor[]): Certificate[] {
  return anchors.map(({ certificate }) => certificate);
}

interface Found {
  readonly claims: Claims;
  readonly anchor: Certificate | undefined;
}

async function verifyKind(
  evidence: Evidence,
  at: number,
  policy: Policy,
  anchors: readonly Certificate[],
  report: Report,
): Promise<Found | undefined> {
  switch (evidence.tee) {
    case 'tdx':
    case 'sgx': {
      const claims = await verifyDcap(evidence, { at, anchors, policy: policy.dcap ?? {} }, report);
      if (!claims) return undefined;
      report.expect('parse', claims.body.tee === evidence.tee, {
        expected: evidence.tee,
        actual: claims.body.tee,
        explain: 'The quote is of another kind than was announced.',
      });
      const workload = evidence.eventLog && (await replayLog(evidence.eventLog, claims, report));
      return { claims: withRegisters(dcapClaims(claims), workload), anchor: claims.anchor };
    }
    case 'sev-snp': {
      const { isCrlRequired = true, ...pins } = policy.sevSnp ?? {};
      const claims = await verifySevSnp(evidence, { at, anchors, isCrlRequired, policy: pins }, report);
      return claims && { claims: sevSnpClaims(claims), anchor: claims.anchor };
    }
    case 'nitro': {
      const claims = await verifyNitro(evidence.document, { at, anchors, ...policy.nitro }, report);
      return claims && { claims: nitroClaims(claims), anchor: claims.anchor };
    }
  }
}

async function replayLog(log: EventLogEvidence, { body }: DcapClaims, report: Report): Promise<Claims['registers'] | undefined> {
  if (body.tee === 'sgx') {
    report.add('event-log', 'failed', { explain: 'An SGX quote has no registers that a log could fit.' });
    return undefined;
  }
  const found = await verifyEventLog(log, body, report);
  return found?.composeHash && { compose_hash: toHex(found.composeHash) };
}

function withRegisters(claims: Claims, registers: Claims['registers'] | undefined): Claims {
  return registers ? { ...claims, registers: { ...claims.registers, ...registers } } : claims;
}

/** Checks without which nothing is verified, however well the others went. */
const REQUIRED: Readonly<Record<Tee, readonly CheckId[]>> = {
  tdx: ['parse', 'chain', 'crl', 'signature', 'qe-report', 'qe-identity', 'tcb-info', 'tcb-status', 'debug', 'migration', 'attributes'],
  sgx: ['parse', 'chain', 'crl', 'signature', 'qe-report', 'qe-identity', 'tcb-info', 'tcb-status', 'debug', 'attributes'],
  'sev-snp': ['parse', 'chain', 'signature', 'tcb-certificate', 'hwid', 'debug', 'migration', 'attributes'],
  nitro: ['parse', 'chain', 'signature', 'debug', 'freshness'],
};

function decide(tee: Tee, checks: readonly Check[], anchor: TrustAnchor | undefined): Verdict {
  const isComplete = REQUIRED[tee].every((id) => checks.some((check) => check.id === id));
  const isSound = checks.every(({ status }) => status === 'passed' || status === 'warned');
  if (!isComplete || !isSound || !anchor) return 'not-verified';
  if (anchor.isSimulation) return 'simulated';
  return checks.some(({ status }) => status === 'warned') ? 'verified-with-warnings' : 'verified';
}

declare const proof: unique symbol;

/** A verification that `requireVerified` let through: what opens a channel asks for this type. */
export interface VerifiedEvidence extends Verification {
  readonly verdict: Exclude<Verdict, 'not-verified'>;
  readonly claims: Claims;
  readonly [proof]: true;
}

/** `not-bound`: genuine, but nobody asked what it binds, so it may be of somebody else's connection. */
export type VerificationCode = 'not-verified' | 'simulated' | 'not-bound';

export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly code: VerificationCode;
  readonly verification: Verification;

  constructor(code: VerificationCode, message: string, verification: Verification) {
    super(message);
    this.code = code;
    this.verification = verification;
  }
}

/** Verifications are believed only if they come from `verifyEvidence`, not because an object looks like one. */
const made = new WeakSet<Verification>();

/**
 * Turns a verification into a proof, or throws a VerificationError. Warnings pass: refuse them with the policy.
 * Simulated evidence passes only where `allowSimulated` says so, which no production build does.
 */
export function requireVerified(verification: Verification, { allowSimulated = false } = {}): VerifiedEvidence {
  if (!made.has(verification)) throw new VerificationError('not-verified', 'The verification was not made by verifyEvidence', verification);
  if (!isDecided(verification)) {
    const failed = verification.checks.filter(({ status }) => status === 'failed' || status === 'unknown').map(({ id }) => id);
    throw new VerificationError('not-verified', `The evidence was refused: ${failed.join(', ')}`, verification);
  }
  if (verification.verdict === 'simulated' && !allowSimulated) {
    throw new VerificationError('simulated', 'The evidence is simulated: no hardware vouches for it', verification);
  }
  if (!verification.checks.some(({ id, status }) => id === 'report-data' && status === 'passed')) {
    throw new VerificationError('not-bound', 'The evidence was not compared with what it must bind', verification);
  }
  return verification;
}

function isDecided(verification: Verification): verification is VerifiedEvidence {
  return verification.verdict !== 'not-verified' && verification.claims !== undefined;
}
