import { type Archive, openArchive } from '../archive.ts';
import { ReadFailure } from '../failures.ts';
import type { ReadLimits } from '../limits.ts';
import type { DocumentFormat } from './format.ts';

/** A part that only this format has. */
const MARKS: readonly (readonly [format: DocumentFormat, part: RegExp])[] = [
  ['docx', /^word\//],
  ['pptx', /^ppt\//],
  ['xlsx', /^xl\//],
  ['epub', /^META-INF\/container\.xml$/],
];
const ENCRYPTED_PACKAGE = utf16Bytes('EncryptedPackage');

/** Which format an archive holds. Throws `unsupported` when it is none of them. */
export function formatOfArchive(bytes: Uint8Array, limits: ReadLimits): DocumentFormat {
  const { names }: Archive = openArchive(bytes, limits);
  const format = MARKS.find(([, part]) => names.some((name) => part.test(name)))?.[0];
  if (!format) throw new ReadFailure('unsupported');
  return format;
}

/** Compound files are Office files from before 2007, mail of Outlook, or newer Office files behind a password ([MS-OFFCRYPTO] §1.3.1). */
export function refuseCompound(bytes: Uint8Array): never {
  throw new ReadFailure(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(ENCRYPTED_PACKAGE) ? 'encrypted' : 'unsupported',
  );
}

function utf16Bytes(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}
