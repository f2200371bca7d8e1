/** Reads rows of an attestation vector folder (its `index.json` and one folder per row). */
import { existsSync, readFileSync } from 'node:fs';
import type { Check } from '../checks.ts';
import { type Certificate, parseCertificate, parsePem } from '../x509.ts';

export interface Row {
  readonly id: string;
  readonly tee: string;
  readonly files?: readonly { readonly file: string; readonly sha256: string }[];
  readonly verify_at?: string;
  readonly expected: { readonly verdict: string; readonly reason?: readonly string[] };
  /** `vendor`, or a file of the row's folder. */
  readonly trust_anchor?: string;
  /** `default`, or a file of the row's folder. */
  readonly policy?: string;
  readonly expected_fields?: Readonly<Record<string, unknown>> | null;
}

/** Rows of one kind; none if the folder isn't there. */
export function readRows(folder: URL, tee: string): Row[] {
  const index = new URL('index.json', folder);
  if (!existsSync(index)) return [];
  const { vectors }: { vectors: Row[] } = JSON.parse(readFileSync(index, 'utf8'));
  return vectors.filter((row) => row.tee === tee);
}

export function readRowFile(folder: URL, row: Row, name: string): Uint8Array<ArrayBuffer> | undefined {
  const file = new URL(`${row.id}/${name}`, folder);
  return existsSync(file) ? Uint8Array.from(readFileSync(file)) : undefined;
}

/** The DER of a file's certificates, which is itself DER or PEM. */
export function certificatesIn(bytes: Uint8Array): Uint8Array[] {
  const text = new TextDecoder('latin1').decode(bytes);
  return text.includes('-----BEGIN CERTIFICATE-----') ? parsePem(text) : [bytes];
}

/** The row's anchor: `vendors`, or the roots in its file. */
export function anchorsOf(folder: URL, row: Row, vendors: readonly Certificate[]): readonly Certificate[] {
  if (row.trust_anchor === undefined || row.trust_anchor === 'vendor') return vendors;
  return certificatesIn(readRowFile(folder, row, row.trust_anchor) ?? new Uint8Array()).map((der) => parseCertificate(der));
}

/** The root of a PEM file: the certificate that names itself as issuer. */
export function rootsIn(file: URL): Certificate[] {
  const certificates = certificatesIn(Uint8Array.from(readFileSync(file))).map((der) => parseCertificate(der));
  return certificates.filter(({ issuer, subject }) => issuer.text === subject.text);
}

export function failedIds(checks: readonly Check[]): string[] {
  return checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
}

/** In the words of `expected.verdict`, as far as the checks alone decide it. */
export function verdictOf(checks: readonly Check[]): 'accept' | 'accept-with-warning' | 'reject' | 'incomplete' {
  const has = (status: Check['status']) => checks.some((check) => check.status === status);
  if (has('failed')) return 'reject';
  if (has('unknown')) return 'incomplete';
  return has('warned') ? 'accept-with-warning' : 'accept';
}
