// The graph of a bot: what is stored, versioned and edited. Reading it is `checkFlow`, running it is `runFlow`.
import * as z from 'zod';

export const FLOW_LIMITS = { nodes: 200, edges: 500, idLength: 64 } as const;

export const TONES = ['neutral', 'friendly', 'formal'] as const;
export const ANSWER_STYLES = ['short', 'balanced', 'detailed'] as const;

const Id = z
  .string()
  .regex(/^[\w-]+$/, 'Use letters, digits, hyphens and underscores.')
  .max(FLOW_LIMITS.idLength);

/** The settings of each kind of node. A new kind is a row here, one in `rules.ts` and one in `run/nodes.ts`. */
export const NODE_CONFIGS = {
  /** Where a question comes in. */
  start: z.strictObject({}),
  /** Finds passages and hands them on. */
  search: z.strictObject({
    knowledgeBases: z.array(z.string().min(1).max(FLOW_LIMITS.idLength)).max(20),
    limit: z.number().int().min(1).max(50),
    /** Passages below it are not handed on. */
    minimumScore: z.number().min(0).max(1),
  }),
  /** Answers the question from the passages that arrive. */
  answer: z.strictObject({
    /** `grounded` for the built-in one that quotes. */
    model: z.string().min(1).max(FLOW_LIMITS.idLength),
    instructions: z.string().max(20_000),
    tone: z.enum(TONES),
    /** BCP 47 tag to answer in, or `auto` for that of the question. */
    language: z.string().max(35),
    style: z.enum(ANSWER_STYLES),
    /** What it says when the passages hold no answer; empty for the standard sentence. */
    whenUnsure: z.string().max(1_000),
    maxOutputTokens: z.number().int().min(16).max(8_192),
    temperature: z.number().min(0).max(2),
  }),
  /** Where the answer is complete. */
  end: z.strictObject({}),
} as const;

export type NodeKind = keyof typeof NODE_CONFIGS;
export type NodeConfig<K extends NodeKind> = z.output<(typeof NODE_CONFIGS)[K]>;

/** What happens when a node fails: it is tried again, and when that does not help, one of three things. */
export const OnError = z.strictObject({
  /** How often it runs at most. An answer that has begun to speak is not begun again. */
  attempts: z.number().int().min(1).max(5).default(1),
  /** Before the second attempt; doubled before each further one. */
  waitMs: z.number().int().min(0).max(30_000).default(500),
  /** End the run, go on with a value of ours (no passages, or `text` as the answer), or leave by the `error` edges. */
  action: z.enum(['fail', 'default', 'edge']).default('fail'),
  text: z.string().max(1_000).default(''),
});
export type OnError = z.output<typeof OnError>;

/** A node of one kind, or of any. */
export type FlowNode<K extends NodeKind = NodeKind> = {
  [P in K]: { readonly id: string; readonly kind: P; readonly config: NodeConfig<P>; readonly onError?: OnError };
}[K];

/** The outlets of a node through which a run may leave it. */
export const BRANCHES = ['next', 'error'] as const;
export type Branch = (typeof BRANCHES)[number];

export const Edge = z.strictObject({ from: Id, to: Id, branch: z.enum(BRANCHES).default('next') });
export type Edge = z.output<typeof Edge>;

export const Look = z.strictObject({
  /** `#rrggbb`. */
  colour: z.string().regex(/^#[0-9a-f]{6}$/i, 'Write a colour as # and six hexadecimal digits.'),
  title: z.string().max(120),
});

/** A flow as far as it can be read without knowing the kinds of its nodes. */
export const FlowEnvelope = z.strictObject({
  /** Of this format; a later one comes with a migration. */
  schema: z.literal(1),
  name: z.string().trim().min(1).max(120),
  /** What a visitor sees before the first question. */
  welcome: z.strictObject({
    greeting: z.string().max(1_000),
    suggestedQuestions: z.array(z.string().trim().min(1).max(200)).max(6),
  }),
  look: Look,
  nodes: z
    .array(z.strictObject({ id: Id, kind: z.string().max(FLOW_LIMITS.idLength), config: z.unknown(), onError: OnError.optional() }))
    .max(FLOW_LIMITS.nodes),
  edges: z.array(Edge).max(FLOW_LIMITS.edges),
});

export type Flow = Omit<z.output<typeof FlowEnvelope>, 'nodes'> & { readonly nodes: readonly FlowNode[] };

export function isNodeKind(kind: string): kind is NodeKind {
  return Object.hasOwn(NODE_CONFIGS, kind);
}
