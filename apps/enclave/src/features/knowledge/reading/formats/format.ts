import type { ReadLimits } from '../limits.ts';

/** What stands between a block and the one before it. */
export const JOINS = { run: '', line: '\n', paragraph: '\n\n' } as const;

/** A piece of a document's text: a paragraph, a heading, a table row, or a run that goes on where the last block ended. */
export type TextBlock = {
  type: 'text';
  text: string;
  /** Default: `paragraph`. */
  join?: keyof typeof JOINS;
  /** 1 is the highest. */
  heading?: number;
  /** Of a heading whose text holds marks as well ("## Terms"). */
  title?: string;
  /** The page, slide or chapter it begins on, counted from 1. */
  page?: number;
};

export const PROGRESS_UNITS = ['pages', 'bytes', 'sheets', 'slides', 'chapters'] as const;
export type Progress = { type: 'progress'; done: number; total: number; unit: (typeof PROGRESS_UNITS)[number] };
export type About = { type: 'about'; title?: string; pages?: number };
export type FormatEvent = TextBlock | Progress | About;

export const DOCUMENT_FORMATS = ['pdf', 'docx', 'pptx', 'xlsx', 'csv', 'html', 'md', 'txt', 'json', 'epub', 'eml'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

/** The bytes of one document, read once: either as a stream or whole. */
export type Source = {
  limits: ReadLimits;
  /** As the sender named it: `charset` of a media type. Unproven. */
  charset?: string | undefined;
  /** 0 when unknown. */
  sizeBytes: number;
  stream: () => AsyncIterable<Uint8Array>;
  all: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Reads a document inside this one. Throws `ReadFailure`. */
  readNested: (file: { name: string; mediaType: string; bytes: Uint8Array }) => AsyncIterable<FormatEvent>;
};

/** Reads one format: yields text in reading order, and throws `ReadFailure` when the file cannot be read. */
export type FormatReader = (source: Source) => AsyncIterable<FormatEvent>;
