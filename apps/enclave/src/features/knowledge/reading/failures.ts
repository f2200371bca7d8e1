/** Why a file could not be read, and what its owner can do about it. The sentences hold nothing from the file. */
export const READ_FAILURES = {
  empty: 'The file holds no bytes. Check the original, then upload it again.',
  no_text: 'The file opens but holds no text. If it is a scan, run text recognition (OCR) on it and upload the result.',
  encrypted: 'The file is protected by a password. Save a copy without the password and upload that.',
  corrupt: 'The file is damaged or incomplete. Open it in the program that made it, save it again and upload the new copy.',
  archive_bomb: 'The file unpacks to far more than its size. Save it again in the program that made it, or split it.',
  too_large: 'The file is larger than can be read. Split it into smaller files.',
  wrong_type: 'The content of the file is not what its name says. Give it its right extension, or export it in the format you meant.',
  unsupported: 'This kind of file cannot be read. Export it as PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, text, JSON, EPUB or EML.',
  timeout: 'Reading the file took too long. Split it, or export it as PDF or plain text.',
  memory: 'Reading the file took too much memory. Split it, or export it as PDF or plain text.',
  crashed: 'Reading the file failed in an unexpected way. Export it in another format and upload that.',
} as const;

export type ReadFailureCode = keyof typeof READ_FAILURES;

/** Numbers that make the sentence of a failure more exact, such as `{ pages: 12 }` of a scan. */
export type ReadFailureParams = { readonly pages?: number };

/** A file that could not be read, for a reason its owner can act on. Text of the file is never part of it. */
export class ReadFailure extends Error {
  override readonly name = 'ReadFailure';
  readonly code: ReadFailureCode;
  readonly params: ReadFailureParams;

  constructor(code: ReadFailureCode, params: ReadFailureParams = {}, cause?: unknown) {
    super(READ_FAILURES[code], cause === undefined ? undefined : { cause });
    this.code = code;
    this.params = params;
  }
}
