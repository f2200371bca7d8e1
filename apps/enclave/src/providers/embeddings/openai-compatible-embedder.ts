// Any service that speaks OpenAI's `POST /v1/embeddings`: vLLM, llama-server, Ollama, text-embeddings-inference, OpenAI itself.

import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { RefusedByEndpoint, toBaseUrl, toThrown } from '../models/openai/endpoint.ts';
import type { Embedder } from './embedder.ts';

export type Fetch = (
  url: string,
  init: { method: 'POST'; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Response>;

export type OpenAiCompatibleSettings = {
  /** With or without `/v1` or `/embeddings` at its end. */
  url: string;
  model: string;
  key?: string | undefined;
  fetch: Fetch;
};

const TEXTS_PER_REQUEST = 64;
const CHARACTERS_PER_REQUEST = 200_000;
const MAX_DIMENSIONS = 4096;
/** Characters of a text that are sent: more than models read, and few enough for one text not to fill a request. */
const MAX_LENGTH = 20_000;

const Answer = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.union([z.string(), z.array(z.number())]) })),
});

/** Nothing is called before the first text; `dimensions` is 0 until then. */
export function openOpenAiCompatible({ url, model, key, fetch }: OpenAiCompatibleSettings): Embedder {
  const endpoint = `${toBaseUrl(url.replace(/\/embeddings\/*$/, ''))}/embeddings`;
  let dimensions = 0;

  async function request(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const headers = { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) };
    const body = JSON.stringify({ model, input: texts, encoding_format: 'base64' });
    const answer = await call(() => fetch(endpoint, { method: 'POST', headers, body, signal }), signal);
    const vectors = new Array<Float32Array | undefined>(texts.length).fill(undefined);
    for (const { index, embedding } of answer.data) vectors[index] = toVector(embedding);
    if (answer.data.length !== texts.length) throw new AppError('model_bad_answer');
    return vectors.map((vector) => {
      if (!vector) throw new AppError('model_bad_answer');
      if (dimensions !== 0 && vector.length !== dimensions) throw new AppError('model_bad_answer');
      dimensions = vector.length;
      return vector;
    });
  }

  return {
    model,
    get dimensions() {
      return dimensions;
    },
    async embed(texts, signal) {
      const vectors: Float32Array[] = [];
      for (const batch of toBatches(texts)) vectors.push(...(await request(batch, signal)));
      return vectors;
    },
    async close() {},
  };
}

async function call(send: () => Promise<Response>, signal: AbortSignal): Promise<z.infer<typeof Answer>> {
  try {
    const response = await send();
    if (!response.ok) {
      await response.body?.cancel();
      throw new RefusedByEndpoint(response, '');
    }
    return Answer.parse(await response.json());
  } catch (error) {
    // What the parsers say would quote the answer, which comes of the texts.
    throw error instanceof SyntaxError || error instanceof z.ZodError ? new AppError('model_bad_answer') : toThrown(error, signal);
  }
}

/** Some services refuse an empty text; a space means as little. */
function toBatches(texts: readonly string[]): string[][] {
  const batches: string[][] = [];
  let length = 0;
  for (const text of texts.map((whole) => whole.slice(0, MAX_LENGTH).toWellFormed() || ' ')) {
    const last = batches.at(-1);
    length += text.length;
    if (last && last.length < TEXTS_PER_REQUEST && length <= CHARACTERS_PER_REQUEST) {
      last.push(text);
    } else {
      batches.push([text]);
      length = text.length;
    }
  }
  return batches;
}

/** Numbers, or little-endian floats in base64; brought to unit length. */
function toVector(embedding: string | number[]): Float32Array {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : Float32Array.from(embedding);
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0));
  if (vector.length === 0 || vector.length > MAX_DIMENSIONS || !Number.isFinite(length)) throw new AppError('model_bad_answer');
  return length === 0 ? vector : vector.map((component) => component / length);
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % 4 !== 0) throw new AppError('model_bad_answer');
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}
