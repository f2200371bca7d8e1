import { equalBytes, ParseError, toHex } from '../bytes.ts';
import { type ChainResult, verifyChain } from '../chain.ts';
import type { Report } from '../checks.ts';
import { verifyCrl } from '../crl.ts';
import { verifySignature } from '../signatures.ts';
import { type Certificate, parseCertificate } from '../x509.ts';
import { type Endorsement, readEndorsement } from './endorsement.ts';
import { parseSnpReport, type SnpReport } from './report.ts';
import { checkEndorsement, checkGuest, checkPolicy, type SevSnpPolicy } from './report-checks.ts';
import { type Product, readTcb, type Tcb } from './tcb.ts';

export interface SevSnpEvidence {
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** DER of the VCEK or VLEK certificate. Without it nothing can be verified, only read. */
  readonly certificate?: Uint8Array;
  /** DER of the issuers in any order: the ASK or ASVK, and the ARK, which may be left out if it is an anchor. */
  readonly issuers: readonly Uint8Array[];
  /** DER of the ARK's revocation list. */
  readonly crl?: Uint8Array;
}

export interface SevSnpOptions {
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  /** ARK certificates. */
  readonly anchors: readonly Certificate[];
  /**
   * Default true: evidence without a revocation list is `unknown` there, and so not verified. Only for test vectors that were
   * recorded without one: whoever supplies evidence must not be able to switch revocation off. A list that is given always counts.
   */
  readonly isCrlRequired?: boolean;
  readonly policy?: SevSnpPolicy;
}

/** What the report says: to be believed only if no check failed. Bytes are in hexadecimal. */
export interface SevSnpClaims {
  readonly version: number;
  /** Undefined if neither the certificate nor the report names one that is known. */
  readonly product: Product | undefined;
  readonly signingKey: 'VCEK' | 'VLEK' | undefined;
  readonly reportedTcb: Tcb | undefined;
  readonly measurement: string;
  readonly reportData: string;
  readonly hostData: string;
  readonly chipId: string;
  readonly vmpl: number;
  readonly guestSvn: number;
  readonly guestPolicy: bigint;
  readonly platformInfo: bigint;
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string;
  readonly familyId: string;
  readonly imageId: string;
  /** The trusted root, if the chain ends at one. */
  readonly anchor?: Certificate;
}

/** Checks an attestation report of an AMD processor (AMD 56860 §7.3) with the certificates that AMD issued for it (AMD 57230). */
export async function verifySevSnp(evidence: SevSnpEvidence, options: SevSnpOptions, report: Report): Promise<SevSnpClaims | undefined> {
  const parsed = attempt(
    () => parseSnpReport(evidence.report),
    (problem) => report.add('parse', 'failed', { explain: problem }),
  );
  if (parsed) report.add('parse', 'passed');
  const signer = await checkSigner(evidence, options, report);
  if (!parsed) return undefined;
  await checkSignature(parsed, signer?.leaf, report);
  const endorsement = checkEndorsement(parsed, signer?.endorsement, report);
  checkGuest(parsed, options.policy ?? {}, report);
  checkPolicy(parsed, endorsement, options.policy ?? {}, report);
  return claimsOf(parsed, endorsement, signer?.chain);
}

/** ASK and ARK. */
const MAX_ISSUERS = 2;

interface Signer {
  readonly leaf: Certificate;
  readonly chain: ChainResult;
  readonly endorsement: Endorsement | ParseError;
}

async function checkSigner(evidence: SevSnpEvidence, options: SevSnpOptions, report: Report): Promise<Signer | undefined> {
  const { certificate, issuers: others } = evidence;
  if (!certificate) report.add('chain', 'unknown', { explain: 'The processor’s certificate is missing.' });
  const certificates = attempt(
    () => (certificate ? [certificate, ...others.slice(0, MAX_ISSUERS)].map((der) => parseCertificate(der)) : []),
    (problem) => report.add('chain', 'failed', { explain: `A certificate is malformed: ${problem}` }),
  );
  const [leaf, ...issuers] = certificates ?? [];
  if (!leaf) {
    report.add('crl', 'unknown', { explain: 'Without certificates nothing can be looked up.' });
    return undefined;
  }
  const path = pathOf(leaf, [...options.anchors, ...issuers]);
  const chain = await verifyChain(path, options.anchors, options.at);
  report.expect('chain', chain.ok, chain.ok ? {} : { explain: chain.problem });
  // Processor key, signing key, root: nothing else stands in AMD's hierarchy, so nothing that a processor key signed is a processor.
  report.expect('chain', path.length === 3, { explain: 'The chain does not have three certificates.' });
  // One that isn't in the chain is an altered one of those that are, or was put there to be mistaken for one.
  const isPart = (certificate: Certificate) => path.some(({ der }) => equalBytes(der, certificate.der));
  report.expect('chain', others.length <= MAX_ISSUERS && issuers.every(isPart), {
    explain: 'A certificate came along that does not belong to the chain.',
  });
  await checkRevocation(path, evidence.crl, options, report);
  return { leaf, chain, endorsement: readOrError(leaf) };
}

/** From the leaf upwards by name, at most to a root. Anchors come first, so that a root of the same name cannot stand before them. */
function pathOf(leaf: Certificate, pool: readonly Certificate[]): Certificate[] {
  const path = [leaf];
  for (let last = leaf; path.length < 4 && !equalBytes(last.issuer.raw, last.subject.raw); ) {
    const issuer = pool.find(({ subject }) => equalBytes(subject.raw, last.issuer.raw));
    if (!issuer) break;
    path.push(issuer);
    last = issuer;
  }
  return path;
}

/** The ARK's list names ASKs. Processor keys are not revoked: their firmware levels are judged instead. */
async function checkRevocation(
  [, ask, ark]: readonly Certificate[],
  crl: Uint8Array | undefined,
  { at, isCrlRequired = true }: SevSnpOptions,
  report: Report,
): Promise<void> {
  if (!crl && !isCrlRequired) return;
  if (!crl || !ask || !ark) {
    report.add('crl', 'unknown', { explain: crl ? 'The issuer of the revocation list is missing.' : 'The revocation list is missing.' });
    return;
  }
  const result = await verifyCrl(crl, ark, [ask], at);
  report.expect('crl', result.ok, result.ok ? {} : { explain: result.problem });
}

async function checkSignature(parsed: SnpReport, leaf: Certificate | undefined, report: Report): Promise<void> {
  if (!leaf) {
    report.add('signature', 'unknown', { explain: 'Without its certificate the signature cannot be checked.' });
    return;
  }
  const isSigned = await verifySignature('ecdsa-p384-sha384-raw', leaf.spki, parsed.signature, parsed.signedBytes);
  report.expect('signature', isSigned, { explain: 'The report was altered, or signed with another key.' });
}

function readOrError(leaf: Certificate): Endorsement | ParseError {
  try {
    return readEndorsement(leaf);
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
}

function attempt<T>(read: () => T, refuse: (problem: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    refuse(error.message);
    return undefined;
  }
}

function claimsOf(parsed: SnpReport, endorsement: Endorsement | undefined, chain: ChainResult | undefined): SevSnpClaims {
  return {
    version: parsed.version,
    product: endorsement?.product,
    signingKey: parsed.signingKey,
    reportedTcb: endorsement && readTcb(endorsement.product, parsed.reportedTcb),
    measurement: toHex(parsed.measurement),
    reportData: toHex(parsed.reportData),
    hostData: toHex(parsed.hostData),
    chipId: toHex(parsed.chipId),
    vmpl: parsed.vmpl,
    guestSvn: parsed.guestSvn,
    guestPolicy: parsed.policy,
    platformInfo: parsed.platformInfo,
    idKeyDigest: toHex(parsed.idKeyDigest),
    authorKeyDigest: toHex(parsed.authorKeyDigest),
    familyId: toHex(parsed.familyId),
    imageId: toHex(parsed.imageId),
    ...(chain?.ok && { anchor: chain.anchor }),
  };
}
