import { ParseError, toHex } from '../bytes.ts';
import type { Report } from '../checks.ts';
import type { Certificate } from '../x509.ts';
import { checkBody } from './body-checks.ts';
import type { Collateral, TcbStatus } from './collateral.ts';
import { type EnclaveBody, parseQuote, type Quote, type TdBody } from './quote.ts';
import { checkPckChain, checkQuoteSignatures, checkRevocation, type PckSigner, type Trust } from './signers.ts';
import { appraise, checkQeIdentity, checkTcbInfo } from './statements.ts';
import { isOutOfDate, type TcbAppraisal } from './tcb-level.ts';

export interface DcapEvidence {
  /** TDX of version 4 or 5, SGX of version 3, 4 or 5. */
  readonly quote: Uint8Array;
  /** Without it only the quote's own signatures can be checked, and nothing is verified. */
  readonly collateral?: Collateral;
}

export interface DcapOptions extends Trust {
  readonly policy?: DcapPolicy;
}

/** Pins in hexadecimal; what is left out is not looked at. */
export interface DcapPolicy {
  /** Refuse everything but UpToDate. */
  readonly requireUpToDate?: boolean;
  /** How long an out-of-date level passes with a warning, counted from the date of the nearest level that is not. Default 15. */
  readonly graceDays?: number;
  /** The highest evaluation number seen so far, so that nobody brings back an older statement. */
  readonly minEvaluationNumber?: number;
  readonly fmspcs?: readonly string[];
  readonly mrSeams?: readonly string[];
  /** Off by default: Linux refuses by itself to start in a TD without it. */
  readonly requireSeptVeDisable?: boolean;
}

/** What the quote says: to be believed only if no check failed. */
export interface DcapClaims {
  readonly version: number;
  readonly body: TdBody | EnclaveBody;
  /** Hexadecimal: processor family, and the machine where its certificate names it. */
  readonly fmspc?: string;
  readonly ppid?: string;
  readonly tcb?: { readonly status: TcbStatus; readonly date: Date; readonly advisories: readonly string[] };
  readonly evaluationNumber?: number;
  /** When the first of certificates, lists and statements runs out. */
  readonly validUntil?: Date;
  /** The trusted root, if the chain ends at one. */
  readonly anchor?: Certificate;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const GRACE_DAYS = 15;

/**
 * Checks a quote of Intel TDX or SGX with DCAP collateral, to the end: every check runs wherever its own input is intact.
 * Sources: Intel SGX ECDSA Quote Library Reference for DCAP; Intel TDX DCAP Quoting Library API; Intel SGX and TDX Provisioning
 * Certification Service; PCK Certificate and CRL Profile Specification.
 */
export async function verifyDcap(evidence: DcapEvidence, options: DcapOptions, report: Report): Promise<DcapClaims | undefined> {
  const quote = read(evidence.quote, report);
  if (!quote) return undefined;
  const { policy = {} } = options;
  const { collateral } = evidence;
  checkBody(quote.body, policy, report);
  const pck = await checkPckChain(quote, options, report);
  await checkQuoteSignatures(quote, pck, report);
  // Processor and statements must have the same root, so that one root cannot speak for the machines of another.
  const trust = { at: options.at, anchors: pck?.anchor ? [pck.anchor] : options.anchors };
  const tcbInfo = await checkTcbInfo(quote, pck, collateral, trust, report);
  const qeIdentity = await checkQeIdentity(quote, collateral, trust, report);
  const tcbSigners = [tcbInfo, qeIdentity].flatMap((statement) => statement?.signer ?? []);
  const crlEnd = await checkRevocation(pck, tcbSigners, collateral, options.at, report);

  const appraisal = pck && tcbInfo && qeIdentity && appraise(quote, pck, tcbInfo.content, qeIdentity.content);
  checkStatus(appraisal, options.at, policy, report);
  if (!(tcbInfo?.isGenuine && qeIdentity?.isGenuine && pck?.anchor)) {
    report.add('tcb-status', 'unknown', { explain: 'The vendor’s statement or the processor behind it is not trusted.' });
  }
  const evaluationNumber = tcbInfo && qeIdentity && Math.min(tcbInfo.content.evaluationNumber, qeIdentity.content.evaluationNumber);
  checkPins(quote, pck, evaluationNumber, policy, report);

  const ends = [crlEnd, tcbInfo?.content.nextUpdate, qeIdentity?.content.nextUpdate, ...(pck?.chain.map(({ notAfter }) => notAfter) ?? [])];
  return {
    version: quote.version,
    body: quote.body,
    ...(pck ? { fmspc: pck.facts.fmspc } : {}),
    ...(pck?.facts.ppid === undefined ? {} : { ppid: pck.facts.ppid }),
    ...(typeof appraisal === 'object'
      ? { tcb: { status: appraisal.status, date: new Date(appraisal.date), advisories: appraisal.advisories } }
      : {}),
    ...(evaluationNumber === undefined ? {} : { evaluationNumber }),
    ...(ends.every((end) => end !== undefined) ? { validUntil: new Date(Math.min(...ends)) } : {}),
    ...(pck?.anchor ? { anchor: pck.anchor } : {}),
  };
}

function read(bytes: Uint8Array, report: Report): Quote | undefined {
  try {
    const quote = parseQuote(bytes);
    report.add('parse', 'passed');
    return quote;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('parse', 'failed', { explain: error.message });
    return undefined;
  }
}

/** UpToDate passes; what asks for settings or software passes with a warning, out of date only within the grace, revoked never. */
function checkStatus(appraisal: TcbAppraisal | string | undefined, at: number, policy: DcapPolicy, report: Report): void {
  if (appraisal === undefined) return;
  if (typeof appraisal === 'string') {
    report.add('tcb-status', 'failed', { explain: appraisal });
    return;
  }
  const { status, advisories, outdatedSince = 0 } = appraisal;
  const facts = { expected: 'UpToDate', actual: [status, ...advisories].join(' ') };
  if (status === 'UpToDate') report.add('tcb-status', 'passed');
  else if (policy.requireUpToDate)
    report.add('tcb-status', 'failed', { ...facts, explain: 'Only machines with all security updates are allowed.' });
  else if (status === 'Revoked') report.add('tcb-status', 'failed', { ...facts, explain: 'Intel revoked this firmware level.' });
  else if (!isOutOfDate(status)) {
    report.add('tcb-status', 'warned', { ...facts, explain: 'Firmware is current; Intel asks that software or settings do their part.' });
  } else if (at <= outdatedSince + (policy.graceDays ?? GRACE_DAYS) * DAY_MS) {
    report.add('tcb-status', 'warned', { ...facts, explain: 'A security update was published a short time ago and is not installed yet.' });
  } else report.add('tcb-status', 'failed', { ...facts, explain: 'Security updates are missing.' });
}

function checkPins(
  quote: Quote,
  pck: PckSigner | undefined,
  evaluationNumber: number | undefined,
  policy: DcapPolicy,
  report: Report,
): void {
  const { fmspcs, mrSeams, minEvaluationNumber } = policy;
  if (fmspcs) report.expectListed('policy-fmspc', fmspcs, pck?.facts.fmspc, 'The processor is of a family that is not allowed.');
  if (mrSeams && quote.body.tee === 'tdx') {
    report.expectListed(
      'policy-mrseam',
      mrSeams,
      toHex(quote.body.mrSeam),
      'The processor’s TDX module is not one of those that are allowed.',
    );
  }
  if (minEvaluationNumber === undefined) return;
  if (evaluationNumber === undefined) {
    report.add('policy-tcb-floor', 'unknown', { explain: 'The vendor’s statement is missing.' });
    return;
  }
  report.expect('policy-tcb-floor', evaluationNumber >= minEvaluationNumber, {
    expected: `at least ${minEvaluationNumber}`,
    actual: String(evaluationNumber),
    explain: 'The vendor’s statement is older than one that was seen before.',
  });
}
