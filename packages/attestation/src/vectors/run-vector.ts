import { anchorsFromPem, type TrustAnchor, vendorAnchors } from '../anchors.ts';
import { ParseError } from '../bytes.ts';
import type { CheckId } from '../checks.ts';
import type { Collateral } from '../dcap/collateral.ts';
import type { Policy, Tee } from '../policy.ts';
import { type Evidence, type Verdict, type Verification, type VerifyOptions, verifyEvidence } from '../verify.ts';
import { parsePem } from '../x509.ts';
import { readVectorPolicy } from './vector-policy.ts';

/** One row of `index.json` (format 2) in a folder of attestation vectors. */
export interface VectorRow {
  readonly id: string;
  readonly tee: Tee;
  readonly verify_at?: string | null | undefined;
  readonly expected: { readonly verdict: string; readonly reason?: readonly string[] | undefined };
  /** `vendor`, or the file of the row's folder that is the only root. */
  readonly trust_anchor?: string | undefined;
  /** `default`, or a file of the row's folder. */
  readonly policy?: string | undefined;
}

/** A file of the row's folder; undefined where there is none. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

export interface VectorResult {
  readonly id: string;
  readonly agrees: boolean;
  readonly expected: { readonly verdict: string; readonly reason: readonly string[] };
  readonly actual: { readonly verdict: Verdict; readonly failed: readonly CheckId[]; readonly unknown: readonly CheckId[] };
  readonly verification: Verification;
  /** The same evidence with the vendors' roots alone; only where the row brings its own root. */
  readonly withoutAnchor?: Verification;
}

/** Verifies a row and compares. A row that its own root accepts must be refused by `chain` without it. Throws for a broken row. */
export async function runVector(row: VectorRow, readFile: ReadFile): Promise<VectorResult> {
  const { evidence, options } = await readVector(row, readFile);
  const verification = await verifyEvidence(evidence, options);
  const hasOwnRoot = row.trust_anchor !== undefined && row.trust_anchor !== 'vendor';
  const withoutAnchor = hasOwnRoot ? await verifyEvidence(evidence, { ...options, anchors: vendorAnchors() }) : undefined;
  const failed = idsOf(verification, 'failed');
  const reason = row.expected.reason ?? [];
  const isReason = reason.length === 0 || failed.some((id) => reason.includes(id));
  // Whoever is accepted through the row's own root must lose its chain without it; what is refused anyway proves nothing.
  const isAnchored = verification.verdict === 'not-verified' || !withoutAnchor || idsOf(withoutAnchor, 'failed').includes('chain');
  return {
    id: row.id,
    agrees: isExpected(row.expected.verdict, verification) && isReason && isAnchored,
    expected: { verdict: row.expected.verdict, reason },
    actual: { verdict: verification.verdict, failed, unknown: idsOf(verification, 'unknown') },
    verification,
    ...(withoutAnchor ? { withoutAnchor } : {}),
  };
}

/** The evidence of a row and how to verify it, for tests that alter it first. */
export async function readVector(row: VectorRow, readFile: ReadFile): Promise<{ evidence: Evidence; options: VerifyOptions }> {
  const pins = row.policy === undefined || row.policy === 'default' ? {} : readVectorPolicy(row.tee, await readJson(row.policy, readFile));
  const { expectedReportData, ...policy } = pins;
  const base: Policy = { ...policy, sevSnp: { ...policy.sevSnp, isCrlRequired: false } };
  return {
    evidence: await readEvidence(row.tee, readFile),
    options: {
      // A row without a time cannot be in any window.
      at: row.verify_at ? Date.parse(row.verify_at) : Number.NaN,
      anchors: await readAnchors(row, readFile),
      policy: base,
      ...(expectedReportData ? { expectedReportData } : {}),
    },
  };
}

async function readAnchors({ trust_anchor: file }: VectorRow, readFile: ReadFile): Promise<readonly TrustAnchor[]> {
  return file === undefined || file === 'vendor' ? vendorAnchors() : anchorsFromPem(toText(await readOne([file], readFile)));
}

async function readEvidence(tee: Tee, readFile: ReadFile): Promise<Evidence> {
  if (tee === 'nitro') return { tee, document: await readOne(['document.cbor'], readFile) };
  if (tee === 'sev-snp') {
    const [certificate] = certificatesIn(await findOne(['vcek.der', 'vcek.pem', 'vlek.der', 'vlek.pem'], readFile));
    const crl = await readFile('ark.crl');
    return {
      tee,
      report: await readOne(['report.bin'], readFile),
      ...(certificate ? { certificate } : {}),
      issuers: certificatesIn(await readFile('ask_ark.pem')),
      ...(crl ? { crl } : {}),
    };
  }
  const collateral = await readFile('collateral.json');
  const log = await readFile('ccel_data.dat');
  return {
    tee,
    quote: await readOne(['quote.bin', 'quote.dat'], readFile),
    // Its members are looked at one by one where they are used.
    ...(collateral ? { collateral: JSON.parse(toText(collateral)) as Collateral } : {}),
    ...(log ? { eventLog: { kind: 'tcg', log } } : {}),
  };
}

/** Verdicts that are neither acceptance nor refusal name what must still be in order although nothing is verified. */
const INTACT: Partial<Record<string, readonly CheckId[]>> = {
  'signatures-only': ['parse', 'chain', 'signature'],
  'parse-only': ['parse'],
  'format-only': ['parse'],
};

function isExpected(expected: string, { verdict, checks }: Verification): boolean {
  if (expected === 'accept') return verdict === 'verified';
  if (expected === 'accept-with-warning') return verdict === 'verified-with-warnings';
  if (verdict !== 'not-verified') return false;
  const intact = INTACT[expected];
  if (!intact) return expected.startsWith('reject');
  return intact.every((id) => checks.some((check) => check.id === id && check.status === 'passed'));
}

function idsOf({ checks }: Verification, status: string): CheckId[] {
  return checks.filter((check) => check.status === status).map(({ id }) => id);
}

/** DER as it is, even if broken: it is the verifier's to refuse. */
function certificatesIn(bytes: Uint8Array | undefined): Uint8Array[] {
  if (!bytes) return [];
  const text = toText(bytes);
  return text.includes('-----BEGIN CERTIFICATE-----') ? parsePem(text) : [bytes];
}

async function readJson(name: string, readFile: ReadFile): Promise<unknown> {
  return JSON.parse(toText(await readOne([name], readFile)));
}

async function readOne(names: readonly string[], readFile: ReadFile): Promise<Uint8Array> {
  const bytes = await findOne(names, readFile);
  if (!bytes) throw new ParseError(`The row’s folder has no ${names.join(' or ')}`);
  return bytes;
}

async function findOne(names: readonly string[], readFile: ReadFile): Promise<Uint8Array | undefined> {
  for (const name of names) {
    const bytes = await readFile(name);
    if (bytes) return bytes;
  }
  return undefined;
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
