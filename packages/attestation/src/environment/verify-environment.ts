/** The one call of every client: is this the environment, does it run what was published, and is it really inside such a machine? */
import type { TrustAnchor } from '../anchors.ts';
import { ParseError, toBase64url, toHex } from '../bytes.ts';
import { CHECKS, type Check, type CheckId, Report } from '../checks.ts';
import type { Policy } from '../policy.ts';
import { type VerifyEd25519, verifyEd25519 as webCryptoEd25519 } from '../release/checkpoint.ts';
import type { ReleaseEntry } from '../release/release-entry.ts';
import type { ReleaseLog } from '../release/release-log.ts';
import { type ReleaseOptions, type ReleaseResult, verifyRelease } from '../release/verify-release.ts';
import { requireVerified, type Verdict, type Verification, type VerifiedEvidence, verifyEvidence } from '../verify.ts';
import { checkLaunch, checkModels } from './check-launch.ts';
import { decodeEvidence, type EvidenceDocument } from './evidence-document.ts';
import type { Model } from './launch-manifest.ts';
import { ALWAYS, type LimitId } from './limits.ts';
import type { EnvironmentVerdict, Remembered } from './verdict.ts';

/** What somebody who knows the environment said of it: in a link, a snippet, a setting. */
export interface Pins {
  /** Ed25519, 32 bytes. */
  readonly identityKey?: Uint8Array;
  /** The only log that counts. */
  readonly releaseLog?: ReleaseLog;
  /** Allowed machines, as `Claims.machine` names them. */
  readonly machines?: readonly string[];
}

export interface EnvironmentInput {
  /** The document that came with the answer: `decodeEvidence`. */
  readonly evidence: Uint8Array;
  /** What the evidence must bind, 64 bytes. */
  readonly reportData: Uint8Array;
  readonly peer: EnvironmentPeer;
  /** The address that was asked for: scheme, host and port. */
  readonly origin: string;
}

/** What the handshake proved; `Peer` of the sealed channel is one. */
export interface EnvironmentPeer {
  readonly identityKey: Uint8Array;
  /** Signed by the identity key. `releaseLog` and `models` are read here. */
  readonly keyConfig: {
    readonly environment: string;
    readonly origins: readonly string[];
    readonly notAfter: number;
    readonly [more: string]: unknown;
  };
  readonly release: Uint8Array;
  readonly launchManifest: Uint8Array;
  readonly nonce: Uint8Array;
}

export interface EnvironmentOptions {
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  readonly anchors: readonly TrustAnchor[];
  readonly allowSimulated: boolean;
  readonly pins?: Pins;
  /** What an earlier `remember` said of this origin. */
  readonly remembered?: Remembered;
  readonly policy?: Policy;
  /** `RELEASE_LOGS`, or a company's own in its own client. */
  readonly logs: readonly ReleaseLog[];
  /** For browsers whose WebCrypto lacks the curve. */
  readonly verifyEd25519?: VerifyEd25519;
}

declare const proof: unique symbol;

/** Nothing but `verifyEnvironment` makes one: whoever sends asks for this type. */
export interface VerifiedEnvironment {
  readonly verdict: EnvironmentVerdict;
  readonly evidence: VerifiedEvidence;
  readonly release: ReleaseEntry;
  readonly [proof]: true;
}

export interface EnvironmentResult {
  readonly verdict: EnvironmentVerdict;
  /** Absent: nothing may be sent. */
  readonly proof?: VerifiedEnvironment;
  /** To be kept for the origin, in place of what was remembered; it changes only where the verdict allows to send. */
  readonly remember: Remembered;
}

/** Hostile input gives `not-verified` with the checks that failed; it never throws. */
export async function verifyEnvironment(input: EnvironmentInput, options: EnvironmentOptions): Promise<EnvironmentResult> {
  const { peer } = input;
  const { pins = {}, remembered = {} } = options;
  const report = new Report();
  const isKnown = checkIdentity(peer.identityKey, pins, remembered, report);
  checkOrigin(input, report);
  // What was seen of another environment says nothing of this one.
  const before = remembered.identityKey === toBase64url(peer.identityKey) ? remembered : {};
  const document = read(input.evidence, report);
  const verification = document && (await verifyDocument(document, input, options, before));
  checkNonce(verification, peer.nonce, report);
  checkSimulation(verification, options.allowSimulated, remembered, report);
  const release = await verifyRelease(peer.release, releaseOptions(input, options, verification, isKnown, before), report);
  const pinned = [...(release?.entry.measurements.map(({ registers }) => registers) ?? []), ...(options.policy?.measurements ?? [])];
  const launch = document && { bytes: document.launchManifest, digest: peer.launchManifest, pinned };
  const launched = launch && (await checkLaunch(launch, verification?.claims, report));
  checkSettings(peer.launchManifest, before, launched?.isMeasured === true, report);
  const models = checkModels(launched, peer.keyConfig.models, report);
  const checks = merge(verification?.checks ?? [], report.checks);
  const isFirstUse = expectedIdentity(pins, remembered) === undefined;
  const settings = launched?.isMeasured ? launched.manifest.settings : undefined;
  const found: Found = { input, options, isFirstUse, verification, release, models, settings, checks };
  const verdict = await describe(found);
  return {
    verdict,
    ...prove(verdict, found),
    remember: verdict.verdict === 'not-verified' ? remembered : remember(found, before, verdict.verdict),
  };
}

interface Found {
  readonly input: EnvironmentInput;
  readonly options: EnvironmentOptions;
  /** Neither pinned nor seen before. */
  readonly isFirstUse: boolean;
  readonly verification: Verification | undefined;
  readonly release: ReleaseResult | undefined;
  readonly models: readonly Model[];
  readonly settings: Readonly<Record<string, string>> | undefined;
  readonly checks: readonly Check[];
}

function expectedIdentity({ identityKey }: Pins, remembered: Remembered): string | undefined {
  return identityKey ? toBase64url(identityKey) : remembered.identityKey;
}

function checkIdentity(key: Uint8Array, pins: Pins, remembered: Remembered, report: Report): boolean {
  const expected = expectedIdentity(pins, remembered);
  const actual = toBase64url(key);
  if (expected === undefined) {
    report.add('identity', 'warned', { actual, explain: 'This is the first visit, and nothing says which environment to expect.' });
    return false;
  }
  const known = remembered.identityKey;
  if (actual === expected && known !== undefined && known !== actual) {
    report.add('identity', 'warned', { expected: known, actual, explain: 'Another environment answered at the last visit.' });
    return true;
  }
  return report.expect('identity', actual === expected, {
    expected,
    actual,
    explain: pins.identityKey
      ? 'Another environment answers than the one that the link or setting names.'
      : 'Another environment answers than at the last visit.',
  });
}

function checkOrigin({ origin, peer: { keyConfig } }: EnvironmentInput, report: Report): void {
  report.expect('origin', keyConfig.origins.includes(origin), {
    expected: origin,
    actual: keyConfig.origins.join(', '),
    explain: 'The environment that answers does not speak for this address.',
  });
}

function read(bytes: Uint8Array, report: Report): EvidenceDocument | undefined {
  try {
    return decodeEvidence(bytes);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('parse', 'failed', { explain: error.message });
    report.add('launch-manifest', 'unknown', { explain: 'Without evidence nothing says how it was started.' });
    return undefined;
  }
}

function verifyDocument(
  { evidence }: EvidenceDocument,
  { reportData }: EnvironmentInput,
  { at, anchors, policy = {}, pins = {} }: EnvironmentOptions,
  { tcbEvaluationNumber }: Remembered,
): Promise<Verification> {
  const { minEvaluationNumber } = policy.dcap ?? {};
  const floor = Math.max(tcbEvaluationNumber ?? 0, minEvaluationNumber ?? 0);
  const whole: Policy = {
    ...policy,
    ...(floor > 0 ? { dcap: { ...policy.dcap, minEvaluationNumber: floor } } : {}),
    ...(pins.machines ? { machines: pins.machines } : {}),
  };
  return verifyEvidence(evidence, { at, anchors, policy: whole, expectedReportData: reportData });
}

function releaseOptions(
  { peer }: EnvironmentInput,
  { at, logs, pins = {}, verifyEd25519 = webCryptoEd25519 }: EnvironmentOptions,
  verification: Verification | undefined,
  isIdentityKnown: boolean,
  remembered: Remembered,
): ReleaseOptions {
  const pinned = pins.releaseLog ? { pinned: pins.releaseLog } : {};
  const named = peer.keyConfig.releaseLog;
  return { at, claims: verification?.claims, builtIn: logs, ...pinned, named, isIdentityKnown, remembered, verifyEd25519 };
}

/** Nitro repeats the handshake's nonce where one document stands for one handshake; what is bound holds the nonce in any case. */
function checkNonce(verification: Verification | undefined, nonce: Uint8Array, report: Report): void {
  const repeated = verification?.claims?.tee === 'nitro' ? verification.claims.details.nonce : undefined;
  if (repeated === undefined || repeated === toHex(nonce)) return;
  report.add('report-data', 'failed', {
    expected: toHex(nonce),
    actual: repeated,
    explain: 'The document’s nonce is not the one that was asked for: it was made for somebody else.',
  });
}

function checkSimulation(verification: Verification | undefined, allowSimulated: boolean, remembered: Remembered, report: Report): void {
  if (!verification?.anchor) {
    report.add('simulation', 'unknown', { explain: 'Nothing says which hardware answers.' });
  } else if (!verification.anchor.isSimulation) report.add('simulation', 'passed');
  else if (remembered.wasVerified) {
    report.add('simulation', 'failed', {
      explain: 'Real hardware answered at this address before; now a simulation does. Somebody may have taken its place.',
    });
  } else if (!allowSimulated) report.add('simulation', 'failed', { explain: 'A simulation answers, which this program does not accept.' });
  else report.add('simulation', 'warned', { explain: 'No hardware vouches for this: it is for development only.' });
}

/** Whoever runs the machine may choose the settings, and each is measured. Which are right only people can say: they are told when others come. */
function checkSettings(digest: Uint8Array, { launchManifest }: Remembered, isMeasured: boolean, report: Report): void {
  const actual = toHex(digest);
  if (!isMeasured || launchManifest === undefined || launchManifest === actual) return;
  report.add('launch-manifest', 'warned', {
    expected: launchManifest,
    actual,
    explain: 'It was started with other settings than at the last visit.',
  });
}

/** Both in one list, in the order of CHECKS; of two with one id the worse stands. */
function merge(...lists: readonly (readonly Check[])[]): readonly Check[] {
  const report = new Report();
  for (const { id, status, title: _, ...facts } of lists.flat()) report.add(id, status, facts);
  return Object.freeze(report.checks);
}

/** Checks without which an environment is not verified, beyond those of its evidence. */
const REQUIRED = Object.keys(CHECKS).slice(Object.keys(CHECKS).indexOf('identity')) as readonly CheckId[];

function decide({ verification, checks }: Found): Verdict {
  const isComplete = REQUIRED.every((id) => checks.some((check) => check.id === id));
  const isSound = checks.every(({ status }) => status === 'passed' || status === 'warned');
  const isBound = checks.some(({ id, status }) => id === 'report-data' && status === 'passed');
  if (!verification || verification.verdict === 'not-verified' || !isComplete || !isSound || !isBound) return 'not-verified';
  if (verification.verdict === 'simulated') return 'simulated';
  return checks.some(({ status }) => status === 'warned') ? 'verified-with-warnings' : 'verified';
}

async function describe(found: Found): Promise<EnvironmentVerdict> {
  const { input, options, isFirstUse, verification, release, models, settings, checks } = found;
  const { identityKey, keyConfig } = input.peer;
  const { machine, tcb } = verification?.claims ?? {};
  const ends = [verification?.claims?.validUntil?.getTime(), release?.validUntil, 1000 * keyConfig.notAfter];
  const validUntil = toIso(Math.min(...ends.filter((end) => end !== undefined)));
  return Object.freeze({
    verdict: decide(found),
    checkedAt: toIso(options.at) ?? 'never',
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(verification ? { tee: verification.tee } : {}),
    ...(verification?.anchor ? { anchor: verification.anchor.name } : {}),
    ...(machine === undefined ? {} : { machine }),
    ...(tcb ? { tcb: { ...tcb, date: tcb.date.toISOString() } } : {}),
    ...(release ? { release: release.facts } : {}),
    environment: {
      id: keyConfig.environment,
      identityKey: toBase64url(identityKey),
      identityFingerprint: await keyFingerprint(identityKey),
      isFirstUse,
    },
    models,
    ...(settings === undefined ? {} : { settings }),
    checks,
    limits: limitsOf(found),
  });
}

/** Undefined for what is no time, or one beyond all calendars. */
function toIso(at: number): string | undefined {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
}

/** For people to compare: half of the key's SHA-256 in groups of four digits. */
export async function keyFingerprint(key: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(key)));
  return toHex(digest.subarray(0, 16)).replace(/(.{4})(?=.)/g, '$1 ');
}

function limitsOf({ isFirstUse, verification, release }: Found): readonly LimitId[] {
  const more: Partial<Record<LimitId, boolean>> = {
    simulated: verification?.anchor?.isSimulation === true,
    'first-use': isFirstUse,
    witness: release?.facts.witnessedAt === undefined,
  };
  return [...(Object.keys(more) as LimitId[]).filter((id) => more[id]), ...ALWAYS];
}

function prove(verdict: EnvironmentVerdict, { options, verification, release }: Found): { proof?: VerifiedEnvironment } {
  if (verdict.verdict === 'not-verified' || !verification || !release) return {};
  const evidence = requireVerified(verification, { allowSimulated: options.allowSimulated });
  return { proof: Object.freeze({ verdict, evidence, release: release.entry }) as VerifiedEnvironment };
}

function remember({ input, options, verification, release }: Found, before: Remembered, verdict: Verdict): Remembered {
  const number = Number(verification?.claims?.details.tcb_evaluation_data_number ?? 0);
  const tcbEvaluationNumber = Math.max(number, before.tcbEvaluationNumber ?? 0);
  return {
    identityKey: toBase64url(input.peer.identityKey),
    wasVerified: options.remembered?.wasVerified === true || verdict !== 'simulated',
    ...release?.seen,
    ...(tcbEvaluationNumber > 0 ? { tcbEvaluationNumber } : {}),
    launchManifest: toHex(input.peer.launchManifest),
  };
}
