const MB = 1024 * 1024;
const SECOND = 1000;

/** Bounds of reading one document. Time counts only while the reader has something to do, never while its caller pauses. */
export type ReadLimits = {
  /** Bytes of the file as uploaded. */
  maxBytes: number;
  /** UTF-16 units of text a document may yield. */
  maxCharacters: number;
  /** All time spent reading one document. */
  timeoutMs: number;
  /** Time without any sign of progress. */
  stallMs: number;
  /** V8 heap of the child, and memory of the child as a whole (PDF bytes lie outside the heap). */
  heapMb: number;
  residentMb: number;
  /** Of archives (DOCX, PPTX, XLSX, EPUB): entries, bytes after unpacking, and unpacked bytes per packed byte. */
  maxEntries: number;
  maxEntryBytes: number;
  maxUnpackedBytes: number;
  maxRatio: number;
  /** Nesting of elements, arrays and objects. */
  maxDepth: number;
};

/** UTF-16 units of a document's title. */
export const MAX_TITLE_LENGTH = 300;

export const DEFAULT_LIMITS: ReadLimits = {
  maxBytes: 100 * MB,
  maxCharacters: 200_000_000,
  timeoutMs: 600 * SECOND,
  stallMs: 30 * SECOND,
  heapMb: 512,
  residentMb: 1024,
  maxEntries: 20_000,
  maxEntryBytes: 256 * MB,
  maxUnpackedBytes: 512 * MB,
  maxRatio: 300,
  maxDepth: 512,
};
