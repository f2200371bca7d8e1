import * as z from 'zod';
import { Time } from './common.ts';
import { ErrorCode } from './error-codes.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

/** A place in a document that supports the answer. `quote` is the passage's text from `start` to `end`, checked before it is sent. */
export const Citation = z.object({
  /** The number the answer refers to it by, as `[1]`. */
  number: z.number().int(),
  document: idSchema('document'),
  documentName: z.string(),
  passage: z.number().int(),
  quote: z.string(),
  /** Offsets within the passage, in UTF-16 units. */
  start: z.number().int(),
  end: z.number().int(),
  page: z.number().int().optional(),
  headings: z.array(z.string()),
});

/** A question with its answer. `parent` is the turn before it; turns with the same parent are branches made by retry or edit. */
export const Turn = z.object({
  id: idSchema('message'),
  parent: idSchema('message').nullable(),
  question: z.string(),
  answer: z.string(),
  citations: z.array(Citation),
  outcome: z.enum(['answered', 'unsure', 'stopped', 'failed']),
  failure: z.string().optional(),
  model: z.string(),
  feedback: z.enum(['up', 'down']).optional(),
  at: Time,
});

export const Ask = z.object({
  question: z.string().max(LIMITS.questionLength),
  /** The turn this one follows; left out for the latest, `null` to begin anew. */
  parent: idSchema('message').nullable().optional(),
});

/** What an answer streams, in order: `started`, any number of `text`, then `done` or `failed`. */
export const AnswerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), turn: idSchema('message'), conversation: idSchema('conversation').optional() }),
  /** A piece of the answer, to be added to what came before. */
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('done'),
    outcome: z.enum(['answered', 'unsure']),
    citations: z.array(Citation),
    model: z.string(),
    version: idSchema('version').nullable(),
    milliseconds: z.number(),
    tokens: z.object({ input: z.number().int(), output: z.number().int() }),
  }),
  z.object({
    type: z.literal('failed'),
    code: ErrorCode,
    message: z.string(),
    retry: z.boolean(),
    reference: z.string(),
  }),
]);

export const FEEDBACK_REASONS = ['wrong', 'incomplete', 'no_source', 'other'] as const;
export const Feedback = z.object({
  vote: z.enum(['up', 'down']).nullable(),
  reason: z.enum(FEEDBACK_REASONS).optional(),
  text: z.string().max(1_000).optional(),
});

/** A cited passage opened: the passage with its neighbours, for the view that highlights the quote. */
export const CitedPassage = z.object({
  documentName: z.string(),
  headings: z.array(z.string()),
  page: z.number().int().optional(),
  before: z.string(),
  passage: z.string(),
  after: z.string(),
  start: z.number().int(),
  end: z.number().int(),
});

export type Citation = z.output<typeof Citation>;
export type Turn = z.output<typeof Turn>;
export type AnswerEvent = z.output<typeof AnswerEvent>;
