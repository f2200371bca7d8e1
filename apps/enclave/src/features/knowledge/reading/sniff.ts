import { ReadFailure } from './failures.ts';
import type { DocumentFormat } from './formats/format.ts';

/** What the first bytes say, stronger than any name. `archive` and `compound` need a second look. */
const SIGNATURES: readonly (readonly [kind: 'archive' | 'compound' | 'other', bytes: string])[] = [
  ['archive', 'PK\x03\x04'],
  ['archive', 'PK\x05\x06'],
  ['compound', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['other', '{\\rtf'],
  ['other', '%!PS'],
  ['other', '\x89PNG'],
  ['other', '\xff\xd8\xff'],
  ['other', 'GIF8'],
  ['other', 'II*\0'],
  ['other', 'MM\0*'],
  ['other', '\x1f\x8b'],
  ['other', 'BZh'],
  ['other', '7z\xbc\xaf\x27\x1c'],
  ['other', 'Rar!'],
  ['other', '\xfd7zXZ'],
  ['other', '\x7fELF'],
  ['other', 'MZ\x90'],
  ['other', 'OggS'],
  ['other', 'ID3'],
  ['other', 'SQLite format 3'],
];
const PDF_HEADER_WITHIN = 1024;

const EXTENSIONS: Readonly<Record<string, DocumentFormat>> = {
  pdf: 'pdf',
  docx: 'docx',
  docm: 'docx',
  pptx: 'pptx',
  pptm: 'pptx',
  ppsx: 'pptx',
  xlsx: 'xlsx',
  xlsm: 'xlsx',
  epub: 'epub',
  csv: 'csv',
  tsv: 'csv',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  md: 'md',
  markdown: 'md',
  txt: 'txt',
  text: 'txt',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  eml: 'eml',
};
const MEDIA_TYPES: Readonly<Record<string, DocumentFormat>> = {
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/epub+zip': 'epub',
  'application/xhtml+xml': 'html',
  'application/json': 'json',
  'message/rfc822': 'eml',
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
};
const WRITTEN_AS_TEXT: ReadonlySet<DocumentFormat> = new Set(['csv', 'html', 'md', 'txt', 'json', 'eml']);
const HTML_START = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype html|<html[\s>])/i;

/** What a name and a media type promise; the name counts first. Undefined when neither is known. */
export function promisedFormat(name: string, mediaType = ''): DocumentFormat | undefined {
  const extension = /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  return own(EXTENSIONS, extension) ?? own(MEDIA_TYPES, type);
}

/** The `charset` of a media type. */
export function declaredCharset(mediaType = ''): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(mediaType)?.[1];
}

/**
 * What a file is: its content decides, and its name only between formats that are written as text.
 * A file of another supported format is read as what it is (the result names that format); all else that contradicts the name is refused.
 */
export function detectFormat(head: Uint8Array, promised: DocumentFormat | undefined): DocumentFormat | 'archive' | 'compound' {
  if (head.length === 0) throw new ReadFailure('empty');
  const start = Buffer.from(head.subarray(0, PDF_HEADER_WITHIN)).toString('latin1'); // not TextDecoder: its latin1 is windows-1252
  if (start.includes('%PDF-') && !(promised && WRITTEN_AS_TEXT.has(promised) && !start.startsWith('%PDF-'))) return 'pdf';
  const kind = SIGNATURES.find(([, bytes]) => start.startsWith(bytes))?.[0];
  if (kind === 'other') throw new ReadFailure(promised ? 'wrong_type' : 'unsupported');
  if (kind) return kind;
  if (promised && !WRITTEN_AS_TEXT.has(promised)) throw new ReadFailure('wrong_type');
  if (promised === undefined || promised === 'txt') return HTML_START.test(start) ? 'html' : 'txt';
  return promised;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
