import type { ErrorCode } from '@privexbot/contract';
import { AppError } from '../../../errors.ts';
import { OutboundError, type OutboundErrorCode } from '../../outbound/error.ts';
import type { Outbound, OutboundInit } from '../../outbound/outbound.ts';

/** An OpenAI-compatible server: vLLM, llama-server, Ollama, a hosted service. */
export interface OpenAiEndpoint {
  /** With or without `/v1`; `/chat/completions` at its end is understood as well. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Whether whoever runs the machine chose the address, or somebody at a screen. */
  readonly trust: OutboundInit['trust'];
  readonly egress?: readonly string[];
  /** How long a whole answer may take. */
  readonly timeoutMs?: number;
  /** How long the model may be silent: before its first word and between any two. */
  readonly idleTimeoutMs?: number;
}

const MINUTE = 60_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** Sends one request to the endpoint; answers only with a successful response, everything else is thrown. */
export async function callEndpoint(
  outbound: Outbound,
  endpoint: OpenAiEndpoint,
  path: '/chat/completions' | '/models',
  body: object | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const { key, trust, egress, timeoutMs = 10 * MINUTE, idleTimeoutMs = 2 * MINUTE } = endpoint;
  if (key && !/^[\x21-\x7e]+$/.test(key)) throw new AppError('model_rejected_key');
  const response = await outbound
    .request(toBaseUrl(endpoint.url) + path, {
      purpose: 'model',
      trust,
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(egress && { egress }),
      maxResponseBytes: MAX_ANSWER_BYTES,
      timeoutMs,
      idleTimeoutMs,
      maxRedirects: 0,
      signal,
    })
    .catch((error: unknown) => Promise.reject(toThrown(error, signal)));
  if (response.ok) return response;
  throw new RefusedByEndpoint(response, await readStart(response));
}

/** A status other than success. What the endpoint wrote about it may hold the question, so it can be asked about but not read. */
export class RefusedByEndpoint extends AppError {
  readonly #said: string;

  constructor({ status, headers }: Response, said: string) {
    const code = STATUS_CODES[status] ?? (status >= 500 ? 'model_unreachable' : 'model_refused_request');
    super(code, { status, seconds: parseRetryAfter(headers.get('retry-after')) ?? RETRY_AFTER_SECONDS });
    this.#said = said;
  }

  mentions(parameter: string): boolean {
    return this.#said.includes(parameter);
  }
}

/** When to try again where an endpoint does not say. */
export const RETRY_AFTER_SECONDS = 30;

const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'model_rejected_key',
  403: 'model_rejected_key',
  404: 'model_not_found',
  405: 'model_bad_answer',
  408: 'model_timeout',
  429: 'model_rate_limited',
  504: 'model_timeout',
};

const OUTBOUND_CODES: Partial<Record<OutboundErrorCode, ErrorCode>> = {
  timeout: 'model_timeout',
  interrupted: 'model_interrupted',
  too_large: 'model_bad_answer',
  too_many_redirects: 'model_bad_answer',
  private_address: 'private_address',
};

/** Whatever broke a call or a stream, as the error to throw; the signal's own reason when the caller stopped it. */
export function toThrown(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return error instanceof OutboundError ? new AppError(OUTBOUND_CODES[error.code] ?? 'model_unreachable', {}, { cause: error }) : error;
}

/** The address to which paths are added: `/v1` unless the URL names a version of its own. */
export function toBaseUrl(url: string): string {
  const bare = url
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/(chat\/completions|models)$/, '');
  return /\/v\d/.test(bare) ? bare : `${bare}/v1`;
}

const MAX_RETRY_AFTER_SECONDS = 3600;

/** Seconds or a date (RFC 9110 §10.2.3); undefined when it says neither. */
export function parseRetryAfter(value: string | null, nowMs = Date.now()): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, Math.ceil(seconds)));
}

/** The first bytes of an error's body; the rest is not waited for. */
async function readStart(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status has said enough; what is missing of its explanation changes nothing.
  }
  return text;
}
