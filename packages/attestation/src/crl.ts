import { equalBytes, ParseError, toHex } from './bytes.ts';
import { contextTag, DerCursor, readBitString, readDer, readInteger, readIntegerBytes, readTime, TAG } from './der.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm, verifySignature } from './signatures.ts';
import { type Certificate, type Name, readExtensions, readName } from './x509.ts';

/** A certificate revocation list (RFC 5280 §5.1). */
export interface Crl {
  readonly tbs: Uint8Array;
  readonly issuer: Name;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** Serial numbers as `Certificate.serial` has them. */
  readonly revoked: ReadonlySet<string>;
}

/** Throws a ParseError, also for a list without nextUpdate or with a critical extension (so no partial, indirect or delta lists). */
export function parseCrl(der: Uint8Array): Crl {
  const outer = new DerCursor(readDer(der));
  const tbs = outer.next(TAG.sequence);
  const algorithm = outer.next(TAG.sequence);
  const signature = readBitString(outer.next());
  outer.end();

  const fields = new DerCursor(tbs);
  if (readInteger(fields.next()) !== 1) throw new ParseError('Not a version 2 revocation list');
  if (!equalBytes(fields.next(TAG.sequence).raw, algorithm.raw)) throw new ParseError('Two different signature algorithms');
  const issuer = readName(fields.next());
  const thisUpdate = readTime(fields.next());
  const nextUpdate = readTime(fields.next());
  const revoked = new Set<string>();
  for (const entry of fields.optional(TAG.sequence)?.children ?? []) {
    const parts = new DerCursor(entry);
    revoked.add(toHex(readIntegerBytes(parts.next())));
    readTime(parts.next());
    if (parts.hasMore) parts.next(TAG.sequence);
    parts.end();
  }
  const extensions = readExtensions(fields.optional(contextTag(0)));
  fields.end();
  for (const [oid, { critical }] of extensions) if (critical) throw new ParseError(`Unknown critical extension ${oid}`);

  return { tbs: tbs.raw, issuer, thisUpdate, nextUpdate, algorithm: readSignatureAlgorithm(algorithm), signature, revoked };
}

export type CrlResult = { readonly ok: true; readonly crl: Crl } | { readonly ok: false; readonly problem: string };

/**
 * Checks that `der` is a list which `issuer` signed, that it is in its window at `at`, and that it names none of `certificates`.
 * A list that is absent, empty or garbage is a refusal: whoever supplies it must not be able to switch revocation off.
 */
export async function verifyCrl(
  der: Uint8Array | undefined,
  issuer: Certificate,
  certificates: readonly Certificate[],
  at: number,
): Promise<CrlResult> {
  if (!der || der.length === 0) return refuse(issuer, 'is missing');
  let crl: Crl;
  try {
    crl = parseCrl(der);
  } catch (error) {
    if (error instanceof ParseError) return refuse(issuer, `is malformed: ${error.message}`);
    throw error;
  }
  if (!equalBytes(crl.issuer.raw, issuer.subject.raw)) return refuse(issuer, `is of another issuer, “${crl.issuer.text}”`);
  if (issuer.keyUsage && !issuer.keyUsage.has('cRLSign')) return refuse(issuer, 'is signed with a key that may not sign lists');
  if (!(await verifySignature(crl.algorithm, issuer.spki, crl.signature, crl.tbs))) return refuse(issuer, 'has a wrong signature');
  if (at < crl.thisUpdate) return refuse(issuer, `begins at ${new Date(crl.thisUpdate).toISOString()}`);
  if (!(at <= crl.nextUpdate)) return refuse(issuer, `ended at ${new Date(crl.nextUpdate).toISOString()}`);
  const revoked = certificates.find(({ serial }) => crl.revoked.has(serial));
  if (revoked) return refuse(issuer, `revokes “${revoked.subject.text}”`);
  return { ok: true, crl };
}

function refuse(issuer: Certificate, problem: string): CrlResult {
  return { ok: false, problem: `The revocation list of “${issuer.subject.text}” ${problem}` };
}
