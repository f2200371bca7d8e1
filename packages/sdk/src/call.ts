import { ChannelError } from '@privexbot/secure-channel';
import { ApiError, toError } from './api-error.ts';
import { readEvents, type Schema } from './events.ts';
import { NotVerifiedError } from './not-verified.ts';
import type { Transport } from './transport.ts';

/** What a call needs of an endpoint: the contract's values have it, and so has what a build leaves of them for small pages. */
export interface Callable {
  readonly method: string;
  readonly path: string;
  /** Whether there is a JSON body. */
  readonly body?: unknown;
  readonly binary?: unknown;
  readonly response?: Schema<unknown>;
  readonly events?: Schema<unknown>;
  readonly download?: true;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Added to this one request, such as a conversation's token. */
  headers?: Readonly<Record<string, string>>;
}

interface LooseCall {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

type LooseMethod = (call?: LooseCall, options?: CallOptions) => Promise<unknown>;

/** The endpoints of one feature as functions. They throw `ApiError`, or `NotVerifiedError` if nothing was sent. */
export function bindEndpoints<M = Record<string, LooseMethod>>(transport: Transport, endpoints: Readonly<Record<string, Callable>>): M {
  const methods = Object.entries(endpoints).map(([name, endpoint]): [string, LooseMethod] => [
    name,
    (call = {}, options = {}) => send(transport, endpoint, call, options),
  ]);
  // Whoever names the type knows of which feature the endpoints are.
  return Object.fromEntries(methods) as M;
}

async function send(transport: Transport, endpoint: Callable, call: LooseCall, options: CallOptions): Promise<unknown> {
  const response = await transport(toRequest(endpoint, call, options)).catch((cause: unknown) => {
    if (options.signal?.aborted || cause instanceof NotVerifiedError || cause instanceof ApiError) throw cause;
    if (cause instanceof ChannelError && cause.code !== 'transport_failed')
      throw new ApiError('unreachable', cause.message, { retry: cause.resend !== 'no', cause });
    throw new ApiError('unreachable', 'The server cannot be reached. Check the connection and try again.', { cause });
  });
  if (!response.ok) throw await toError(response);
  if (endpoint.events) return readEvents(response, endpoint.events);
  if (endpoint.download) return response;
  if (!endpoint.response) return undefined;
  return endpoint.response.parse(await response.json());
}

function toRequest(endpoint: Callable, call: LooseCall, options: CallOptions): Request {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(call.params?.[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const headers = new Headers(options.headers);
  // With it a transport may send the call again: the server acts on it once.
  if (endpoint.method !== 'GET' && !headers.has('idempotency-key')) headers.set('idempotency-key', crypto.randomUUID());
  let body: string | Uint8Array<ArrayBuffer> | Blob | undefined;
  if (endpoint.binary) {
    headers.set('content-type', 'application/octet-stream');
    body = call.body as Uint8Array<ArrayBuffer> | Blob;
  } else if (endpoint.body) {
    headers.set('content-type', 'application/json');
    body = JSON.stringify(call.body ?? {});
  }
  // The origin is a placeholder: the transport knows the server.
  return new Request(`http://privexbot.invalid${path}${query.size ? `?${query}` : ''}`, {
    method: endpoint.method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}
