/** A model that turns texts into vectors. Vectors of two models cannot be compared. */
export interface Embedder {
  /** Names the model and its version; vectors are kept under this name. */
  readonly model: string;
  /** 0 while it is not known yet, for models elsewhere that nobody has asked. */
  readonly dimensions: number;
  /** One vector of unit length per text, in order. Texts longer than the model reads count by their beginning. Throws an AppError. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** A vector's direction in a byte a dimension: scaled so that its largest component becomes 127 or -127. */
export function quantise(vector: Float32Array): Int8Array<ArrayBuffer> {
  let peak = 0;
  for (const component of vector) peak = Math.max(peak, Math.abs(component));
  const scale = peak > 0 && Number.isFinite(peak) ? 127 / peak : 0;
  return Int8Array.from(vector, (component) => Math.round(component * scale));
}
