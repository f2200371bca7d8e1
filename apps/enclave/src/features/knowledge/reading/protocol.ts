// What the reading child and its parent say to each other. The child imports the types alone: only the parent has reason to check.
import { z } from 'zod';
import { READ_FAILURES, type ReadFailureCode } from './failures.ts';
import { DOCUMENT_FORMATS, type DocumentFormat, PROGRESS_UNITS } from './formats/format.ts';
import { MAX_TITLE_LENGTH, type ReadLimits } from './limits.ts';
import { MAX_HEADING_DEPTH, MAX_HEADING_LENGTH, PASSAGE_LENGTH } from './passages.ts';

/** The first frame to the child; the bytes of the file follow it, to the end of the stream. */
export type ReaderRequest = { promised: DocumentFormat | null; charset: string | null; sizeBytes: number; limits: ReadLimits };

/** No frame from the child may be longer. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_PASSAGES = 256;

const count = z.int().nonnegative();
const passage = z.strictObject({
  ordinal: count,
  text: z.string().min(1).max(PASSAGE_LENGTH.max),
  start: count,
  end: count,
  headings: z.array(z.string().max(MAX_HEADING_LENGTH)).max(MAX_HEADING_DEPTH),
  page: z.int().positive().exactOptional(),
});

export const readerReply = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), done: count, total: count, unit: z.enum(PROGRESS_UNITS) }),
  z.strictObject({ type: z.literal('passages'), passages: z.array(passage).min(1).max(MAX_PASSAGES) }),
  z.strictObject({
    type: z.literal('done'),
    title: z.string().min(1).max(MAX_TITLE_LENGTH).exactOptional(),
    format: z.enum(DOCUMENT_FORMATS),
    characters: count,
    pages: count.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.enum(Object.keys(READ_FAILURES) as [ReadFailureCode, ...ReadFailureCode[]]), // the keys of a constant table
    params: z.strictObject({ pages: count.exactOptional() }),
  }),
]);
export type ReaderReply = z.infer<typeof readerReply>;
