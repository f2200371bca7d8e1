import { equalBytes } from './bytes.ts';
import { verifySignature } from './signatures.ts';
import { type Certificate, OID_BASIC_CONSTRAINTS, OID_KEY_USAGE } from './x509.ts';

/** `anchor` is the trusted root at which the chain ends; `problem` says in words what is wrong. */
export type ChainResult = { readonly ok: true; readonly anchor: Certificate } | { readonly ok: false; readonly problem: string };

export interface ChainOptions {
  /** Critical extensions that the caller reads itself, by dotted identifier. */
  readonly understood?: readonly string[];
}

const MAX_CERTIFICATES = 8;
const UNDERSTOOD = [OID_BASIC_CONSTRAINTS, OID_KEY_USAGE];

/**
 * Checks a certification path (RFC 5280 §6.1), leaf first and with its root, at the time `at` (milliseconds since 1970).
 * The last certificate must be one of `anchors`, byte for byte. Revocation is looked at elsewhere.
 */
export async function verifyChain(
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
  at: number,
  { understood = [] }: ChainOptions = {},
): Promise<ChainResult> {
  const root = chain.at(-1);
  if (!root) return refuse('There is no certificate');
  if (chain.length > MAX_CERTIFICATES) return refuse(`The chain has more than ${MAX_CERTIFICATES} certificates`);
  const anchor = anchors.find((candidate) => equalBytes(candidate.der, root.der));
  if (!anchor) return refuse(`It ends at “${root.subject.text}”, which is not a trusted root`);

  for (const [index, certificate] of chain.entries()) {
    const problem =
      (await signatureProblem(certificate, chain[index + 1])) ??
      windowProblem(certificate, at) ??
      roleProblem(certificate, index, chain, understood);
    if (problem) return refuse(`“${certificate.subject.text}” ${problem}`);
  }
  return { ok: true, anchor };
}

function refuse(problem: string): ChainResult {
  return { ok: false, problem };
}

/** The anchor needs no signature: it is trusted for what it is. */
async function signatureProblem(certificate: Certificate, issuer: Certificate | undefined): Promise<string | undefined> {
  if (!issuer) return undefined;
  if (!equalBytes(certificate.issuer.raw, issuer.subject.raw)) return `names another issuer than “${issuer.subject.text}”`;
  const isSigned = await verifySignature(certificate.algorithm, issuer.spki, certificate.signature, certificate.tbs);
  return isSigned ? undefined : `was not signed by “${issuer.subject.text}”`;
}

function windowProblem({ notBefore, notAfter }: Certificate, at: number): string | undefined {
  if (at < notBefore) return `is not valid before ${new Date(notBefore).toISOString()}`;
  if (!(at <= notAfter)) return `is not valid after ${new Date(notAfter).toISOString()}`;
  return undefined;
}

/** CA bit, path length and key usage (RFC 5280 §6.1.4 k to n), and extensions that nobody here understands (§6.1.4 o, §6.1.5 f). */
function roleProblem(
  certificate: Certificate,
  index: number,
  chain: readonly Certificate[],
  understood: readonly string[],
): string | undefined {
  for (const [oid, { critical }] of certificate.extensions) {
    if (critical && !UNDERSTOOD.includes(oid) && !understood.includes(oid)) return `has the unknown critical extension ${oid}`;
  }
  if (index === 0) return undefined;
  const { basicConstraints, keyUsage } = certificate;
  if (!basicConstraints?.isCa) return 'may not issue certificates';
  if (keyUsage && !keyUsage.has('keyCertSign')) return 'may not sign certificates';
  const intermediates = chain.slice(1, index).filter((below) => !equalBytes(below.issuer.raw, below.subject.raw)).length;
  if (basicConstraints.maxPathLength !== undefined && intermediates > basicConstraints.maxPathLength)
    return 'may not stand so far above the leaf';
  return undefined;
}
