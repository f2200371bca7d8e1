/** A model that turns texts into vectors. Vectors of two models cannot be compared. */
export interface Embedder {
  /** Names the model and its version; vectors are kept under this name. */
  readonly model: string;
  /** 0 while it is not known yet, for models elsewhere that nobody has asked. */
  readonly dimensions: number;
  /** One vector of unit length per text, in order. Texts longer than the model reads count by their beginning. Throws an EmbeddingError. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

const MESSAGES = {
  unavailable: 'The embedding model does not answer. Search goes on by words; try again later.',
  refused: 'The embedding service refused the request. Check its address, model name and key in the settings.',
  overloaded: 'The embedding service is overloaded or over its quota. Try again later.',
  bad_answer: 'The embedding service answered with something that is not one vector per text. Check that the address serves embeddings.',
  other_dimensions: 'The embedding service changed the size of its vectors. Embed all documents anew with one model.',
  too_long: 'A text is too long for the embedding service.',
  closed: 'The embedding model is shutting down.',
} as const;

export type EmbeddingErrorCode = keyof typeof MESSAGES;

/** Its text never holds any of the texts. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError';
  readonly code: EmbeddingErrorCode;

  constructor(code: EmbeddingErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options);
    this.code = code;
  }
}

/** A vector's direction in a byte a dimension: scaled so that its largest component becomes 127 or -127. */
export function quantise(vector: Float32Array): Int8Array<ArrayBuffer> {
  let peak = 0;
  for (const component of vector) peak = Math.max(peak, Math.abs(component));
  const scale = peak > 0 && Number.isFinite(peak) ? 127 / peak : 0;
  return Int8Array.from(vector, (component) => Math.round(component * scale));
}
