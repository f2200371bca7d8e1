import { equalBytes, isAllZero, ParseError, toHex } from '../bytes.ts';
import { verifyChain } from '../chain.ts';
import type { Report } from '../checks.ts';
import { verifySignature } from '../signatures.ts';
import { type Certificate, parseCertificate } from '../x509.ts';
import { type NitroDocument, parseNitroDocument, type SignedNitroDocument } from './document.ts';

export interface NitroOptions {
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  readonly anchors: readonly Certificate[];
  /** Default five minutes. */
  readonly maxAgeMs?: number;
  /** What `nonce` must hold; `user_data` is compared with all other kinds of evidence. */
  readonly nonce?: Uint8Array;
}

/** What the document says: to be believed only if no check failed. */
export interface NitroClaims {
  readonly moduleId: string;
  readonly timestamp: Date;
  /** Register to value in hexadecimal. */
  readonly pcrs: ReadonlyMap<number, string>;
  readonly publicKey?: Uint8Array;
  readonly userData?: Uint8Array;
  readonly nonce?: Uint8Array;
  /** The trusted root, if the chain ends at one. */
  readonly anchor?: Certificate;
}

const MINUTE = 60_000;
const MAX_AGE_MS = 5 * MINUTE;
/** Clocks differ. */
const MAX_AHEAD_MS = MINUTE;

/**
 * Checks a document of the AWS Nitro hypervisor (nitro-enclaves-nsm-api, docs/attestation_process.md §3.2).
 *
 * The chain is checked at the time of the document, whose key lives about three hours, and the age of the document at `at`. AWS
 * publishes no revocation lists for these certificates, so there is no `crl` check.
 */
export async function verifyNitro(evidence: Uint8Array, options: NitroOptions, report: Report): Promise<NitroClaims | undefined> {
  const signed = read(evidence, report);
  if (!signed) return undefined;
  const { document } = signed;
  const anchor = await checkSigner(signed, options, report);
  checkAge(document, options, report);
  checkDebug(document, report);
  checkNonce(document, options, report);
  const { moduleId, timestamp, publicKey, userData, nonce } = document;
  return {
    moduleId,
    timestamp,
    pcrs: new Map(Array.from(document.pcrs, ([index, value]) => [index, toHex(value)])),
    ...(publicKey && { publicKey }),
    ...(userData && { userData }),
    ...(nonce && { nonce }),
    ...(anchor && { anchor }),
  };
}

function read(evidence: Uint8Array, report: Report): SignedNitroDocument | undefined {
  try {
    const signed = parseNitroDocument(evidence);
    report.add('parse', 'passed');
    return signed;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('parse', 'failed', { explain: error.message });
    return undefined;
  }
}

async function checkSigner(signed: SignedNitroDocument, { anchors, at }: NitroOptions, report: Report): Promise<Certificate | undefined> {
  const { document, signedBytes, signature } = signed;
  let chain: Certificate[];
  try {
    chain = [document.certificate, ...document.cabundle.toReversed()].map((der) => parseCertificate(der));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('chain', 'failed', { explain: `A certificate is malformed: ${error.message}` });
    report.add('signature', 'unknown', { explain: 'Without its certificate the signature cannot be checked.' });
    return undefined;
  }
  const result = await verifyChain(chain, anchors, document.timestamp.getTime());
  report.expect('chain', result.ok, result.ok ? {} : { explain: result.problem });
  const [leaf] = chain;
  if (leaf) {
    // A key that has ended may have become known; nothing that it signed is believed later, however old documents may be.
    const isCurrent = at <= leaf.notAfter;
    report.expect('chain', isCurrent, { explain: `The document’s key ended at ${new Date(leaf.notAfter).toISOString()}` });
    const isSigned = await verifySignature('ecdsa-p384-sha384-raw', leaf.spki, signature, signedBytes);
    report.expect('signature', isSigned, { explain: 'The document was altered, or signed with another key.' });
  }
  return result.ok ? result.anchor : undefined;
}

function checkAge({ timestamp }: NitroDocument, { at, maxAgeMs = MAX_AGE_MS }: NitroOptions, report: Report): void {
  const ageMs = at - timestamp.getTime();
  report.expect('freshness', ageMs <= maxAgeMs && ageMs >= -MAX_AHEAD_MS, {
    expected: `at most ${maxAgeMs / MINUTE} minutes old`,
    actual: timestamp.toISOString(),
    explain: ageMs < 0 ? 'The document is from the future: a clock is wrong.' : 'The document is too old: somebody may be replaying it.',
  });
}

/** PCR0, 1 and 2 are the build; zeros stand there where the hypervisor measured nothing, as it does for enclaves started in debug mode. */
function checkDebug({ pcrs }: NitroDocument, report: Report): void {
  const boot = [0, 1, 2].map((index) => pcrs.get(index));
  const missing = boot.indexOf(undefined);
  if (missing >= 0) report.add('debug', 'unknown', { explain: `PCR${missing} is missing.` });
  report.expect('debug', !boot.some((value) => value && isAllZero(value)), {
    explain: 'PCR0 to 2 are zero: it was started in debug mode.',
  });
}

function checkNonce({ nonce }: NitroDocument, { nonce: expected }: NitroOptions, report: Report): void {
  if (!expected) return;
  report.expect('report-data', nonce !== undefined && equalBytes(nonce, expected), {
    expected: toHex(expected),
    actual: nonce ? toHex(nonce) : 'no nonce',
    explain: 'The document’s nonce is not the one that was asked for: it was made for somebody else.',
  });
}
