import type { NodeConfig, NodeKind } from '../graph.ts';

/** A piece of a document that a search found. */
export interface Passage {
  readonly id: string;
  readonly document: string;
  readonly documentTitle: string;
  /** Its place among the passages of the document, from 0. */
  readonly ordinal: number;
  readonly text: string;
  readonly headings: readonly string[];
  readonly page?: number | undefined;
  readonly score: number;
}

/** A place that supports the answer: `quote` is the passage's text from `start` to `end`. */
export interface Citation {
  /** The number by which the answer refers to it, as `[1]`. */
  readonly number: number;
  readonly passage: Passage;
  readonly quote: string;
  readonly start: number;
  readonly end: number;
}

export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** What a run is about. */
export interface Asked {
  readonly question: string;
  /** Earlier turns of the conversation, oldest first. */
  readonly history: readonly Turn[];
}

export type SearchRequest = Asked & NodeConfig<'search'>;
export type AnswerRequest = Asked & NodeConfig<'answer'> & { readonly passages: readonly Passage[] };

export type Outcome = 'answered' | 'unsure';

export type AnswerEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'citations'; readonly citations: readonly Citation[] }
  | { readonly type: 'usage'; readonly inputTokens: number; readonly outputTokens: number }
  | { readonly type: 'outcome'; readonly outcome: Outcome };

/** The world as a run sees it. Whoever provides a port decides what runs behind it. */
export interface Ports {
  search(request: SearchRequest, signal: AbortSignal): Promise<readonly Passage[]>;
  answer(request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  readonly clock: Clock;
  /** Stores where the run stands, after each node. Without it a run lives and dies with its process. */
  checkpoint?(state: RunState): Promise<void>;
}

export interface Clock {
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls back once, after a while; the function it returns calls that off. */
  after(ms: number, callBack: () => void): () => void;
}

/** How a node was left, and what it handed on. */
export interface Left {
  readonly by: 'next' | 'error' | 'skipped';
  readonly carried: Carried;
}

/** What travels along an edge. */
export interface Carried {
  readonly passages: readonly Passage[];
}

/** Where a run stands: plain data, by node id. A run that is given it goes on from there. */
export type RunState = Readonly<Record<string, Left>>;

/** What happened at one node, for people. Holds sizes and codes, never content. */
export interface Step {
  readonly node: string;
  readonly kind: NodeKind;
  readonly state: 'running' | 'done' | 'skipped' | 'failed';
  /** Since the start of the run. */
  readonly startedMs: number;
  readonly ms: number;
  readonly attempts: number;
  readonly passages: number;
  readonly characters: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the last failure, also when the node recovered from it. */
  readonly error?: string;
}

/** The steps of a run in the order in which they began. */
export interface Trace {
  readonly ms: number;
  readonly steps: readonly Step[];
}

export type FlowEvent =
  /** A node began or ended. */
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'passages'; readonly node: string; readonly passages: readonly Passage[] }
  | { readonly type: 'text'; readonly node: string; readonly text: string }
  | { readonly type: 'citations'; readonly node: string; readonly citations: readonly Citation[] }
  | { readonly type: 'usage'; readonly node: string; readonly model: string; readonly inputTokens: number; readonly outputTokens: number }
  /** The last event of a run that did not fail. */
  | { readonly type: 'done'; readonly outcome: Outcome; readonly trace: Trace };
