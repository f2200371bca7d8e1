/** Who signed: the processor's certificates, their revocation, the quoting enclave and its attestation key. */
import { concatBytes, equalBytes, fromHex, ParseError } from '../bytes.ts';
import { verifyChain } from '../chain.ts';
import type { Report } from '../checks.ts';
import { verifyCrl } from '../crl.ts';
import { p256Spki, verifySignature } from '../signatures.ts';
import type { Certificate } from '../x509.ts';
import { type Collateral, readCrlBytes } from './collateral.ts';
import { type PckFacts, readPckFacts } from './pck.ts';
import type { Quote } from './quote.ts';

export interface Trust {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly anchors: readonly Certificate[];
}

export interface PckSigner {
  readonly chain: readonly [Certificate, Certificate, Certificate];
  readonly facts: PckFacts;
  /** The trusted root, if the chain ends at one. */
  readonly anchor?: Certificate;
}

const INTEL_QE_VENDOR = fromHex('939a7233f79c4ca9940a0db3957f0607');

/** Check `chain`. What is given back may still be untrusted: look at `anchor`. */
export async function checkPckChain({ pckChain }: Quote, { anchors, at }: Trust, report: Report): Promise<PckSigner | undefined> {
  const [leaf, ca, root] = pckChain ?? [];
  if (!pckChain || !leaf || !ca || !root) {
    report.add('chain', 'unknown', { explain: 'The quote does not carry the processor’s certificates.' });
    return undefined;
  }
  const result = await verifyChain(pckChain, anchors, at);
  report.expect('chain', result.ok, result.ok ? {} : { explain: result.problem });
  // Processor, processor CA, root: nothing that a processor's key signed is itself a processor.
  report.expect('chain', pckChain.length === 3, { explain: 'The chain does not have three certificates.' });
  try {
    const facts = readPckFacts(leaf);
    return { chain: [leaf, ca, root], facts, ...(result.ok ? { anchor: result.anchor } : {}) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('chain', 'failed', { explain: error.message });
    return undefined;
  }
}

/**
 * Check `crl`: the root's list must not name the processor CA nor the signer of TCB statements, and the CA's must not name the processor.
 * Returns when the first list ends.
 */
export async function checkRevocation(
  signer: PckSigner | undefined,
  tcbSigners: readonly Certificate[],
  collateral: Collateral | undefined,
  at: number,
  report: Report,
): Promise<number | undefined> {
  if (!collateral || !signer) {
    const explain = collateral ? 'The issuers of the revocation lists are missing.' : 'The revocation lists are missing.';
    report.add('crl', 'unknown', { explain });
    return undefined;
  }
  const [leaf, ca, root] = signer.chain;
  const lists = [
    { name: 'root_ca_crl', issuer: root, certificates: [ca, ...tcbSigners] },
    { name: 'pck_crl', issuer: ca, certificates: [leaf] },
  ] as const;
  const ends: number[] = [];
  for (const { name, issuer, certificates } of lists) {
    const result = await verifyCrl(crlBytes(collateral, name), issuer, certificates, at);
    report.expect('crl', result.ok, result.ok ? {} : { explain: result.problem });
    if (result.ok) ends.push(result.crl.nextUpdate);
  }
  if (!signer.anchor) report.add('crl', 'unknown', { explain: 'The lists are signed by an issuer that is not trusted.' });
  return ends.length === lists.length ? Math.min(...ends) : undefined;
}

function crlBytes(collateral: Collateral, name: 'root_ca_crl' | 'pck_crl'): Uint8Array | undefined {
  try {
    return readCrlBytes(collateral, name);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/**
 * Checks `qe-report` and `signature` (Intel SGX ECDSA Quote Library Reference, appendix A.4): the processor's key signed the quoting
 * enclave's report, that report holds the hash of the attestation key and its authentication data, and that key signed the quote.
 */
export async function checkQuoteSignatures(quote: Quote, signer: PckSigner | undefined, report: Report): Promise<void> {
  const { qeReport, qeReportBytes, qeReportSignature, qeAuthData, attestationKey } = quote;
  if (signer) {
    const isVouched = await verifySignature('ecdsa-p256-sha256-raw', signer.chain[0].spki, qeReportSignature, qeReportBytes);
    report.expect('qe-report', isVouched, { explain: 'The quoting enclave’s report was altered, or is of another processor.' });
    if (!signer.anchor) report.add('qe-report', 'unknown', { explain: 'The processor behind it is not trusted.' });
  } else {
    report.add('qe-report', 'unknown', { explain: 'Without the processor’s certificate its signature cannot be checked.' });
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(attestationKey, qeAuthData)));
  const isBound = equalBytes(qeReport.reportData, concatBytes(hash, new Uint8Array(32)));
  report.expect('qe-report', isBound, { explain: 'The quoting enclave vouches for another attestation key.' });
  report.expect('qe-report', equalBytes(quote.qeVendorId, INTEL_QE_VENDOR), { explain: 'The quoting enclave is not of Intel.' });
  const isSigned = await verifySignature('ecdsa-p256-sha256-raw', p256Spki(attestationKey), quote.signature, quote.signed);
  report.expect('signature', isSigned, { explain: 'The quote was altered, or signed with another key.' });
}
