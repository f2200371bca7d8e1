/** A language model, whatever runs it. Every provider speaks this interface and translates its own errors. */
export interface Model {
  readonly id: string;
  readonly provider: string;
  /** How much fits into one request, answer included, when it is known. */
  readonly contextTokens?: number;
  /**
   * Streams the answer: texts, then one `usage`, then one `finish`. Leaving the loop or aborting the signal stops the model.
   * @throws AppError with a `model_*` code or `private_address`; the signal's reason when it was aborted. Text that came before stands.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly stop?: readonly string[] | undefined;
}

export type FinishReason = 'stop' | 'length' | 'content_filter';

export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** `estimated` when the model did not count itself. */
  | { readonly type: 'usage'; readonly inputTokens: number; readonly outputTokens: number; readonly estimated?: true }
  | { readonly type: 'finish'; readonly reason: FinishReason };

const BYTES_PER_TOKEN = 3.5;

/** About how many tokens a text is. Errs on the high side for most languages, so that a budget holds. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
