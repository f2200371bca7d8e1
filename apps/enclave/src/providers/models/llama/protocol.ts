// What the enclave and the process of a model say to each other. The model's process has parsed a stranger's file: it is not believed blindly.
import * as z from 'zod';
import type { ModelRequest } from '../model.ts';

export interface LoadOrder {
  readonly type: 'load';
  /** The file follows on standard input, this long. */
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
  readonly contextTokens: number;
  /** Undefined leaves one core to everything else. */
  readonly threads: number | undefined;
  readonly memoryLimitBytes: number;
}

export type Order =
  | LoadOrder
  | { readonly type: 'ask'; readonly ask: number; readonly request: ModelRequest }
  | { readonly type: 'stop'; readonly ask: number };

/** Why a model cannot run here, in words for whoever can change it. */
export const UNAVAILABLE = {
  platform:
    'a model file is opened only in memory, which needs Linux with a tmpfs such as /dev/shm; use an OpenAI-compatible server instead',
  memory_file: 'the file does not fit into the memory file system; make /dev/shm larger (containers: --shm-size)',
  memory: 'it needs more memory than it may use; choose a smaller model or a shorter context',
  checksum: 'the stored file is not the one that was added; add it again',
  runtime: 'the runtime of local models does not work on this machine; use an OpenAI-compatible server instead',
  file: 'the runtime cannot read this file; choose another model',
} as const;

export type Unavailable = keyof typeof UNAVAILABLE;

const Tokens = z.number().int().min(0);

export const Report = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('unavailable'), why: z.enum(Object.keys(UNAVAILABLE) as [Unavailable, ...Unavailable[]]) }),
  z.object({ type: z.literal('text'), ask: z.number(), text: z.string() }),
  z.object({
    type: z.literal('finish'),
    ask: z.number(),
    reason: z.enum(['stop', 'length']),
    inputTokens: Tokens,
    outputTokens: Tokens,
  }),
  z.object({ type: z.literal('failed'), ask: z.number(), code: z.enum(['model_refused_request', 'model_interrupted']) }),
]);
export type Report = z.output<typeof Report>;

/** The exit code of a model's process that grew beyond its limit. */
export const EXIT_OVER_MEMORY = 77;
