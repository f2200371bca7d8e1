import type { Outbound } from '../outbound/outbound.ts';
import type { Embedder } from './embedder.ts';
import { openOpenAiCompatible } from './openai-compatible-embedder.ts';
import { openUseLite } from './use-lite.ts';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** The embedding service that the settings name, else the model that ships with PrivexBot. */
export function openEmbedder(service: { url: string; model: string; key?: string } | undefined, outbound: Outbound): Embedder {
  if (!service) return openUseLite();
  return openOpenAiCompatible({
    ...service,
    fetch: (url, init) =>
      outbound.request(url, {
        ...init,
        purpose: 'embeddings',
        trust: 'operator',
        maxResponseBytes: MAX_ANSWER_BYTES,
        timeoutMs: TIMEOUT_MS,
        maxRedirects: 0,
      }),
  });
}
