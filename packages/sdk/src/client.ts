import {
  type Call,
  type Contract,
  contract,
  type Endpoint,
  ErrorBody,
  type ErrorCode,
  type ErrorDetails,
  type Output,
} from '@privexbot/contract';
import { ChannelError } from '@privexbot/secure-channel';
import { readEvents } from './events.ts';
import { NotVerifiedError } from './not-verified.ts';
import type { Transport } from './transport.ts';

/** A failed call: the contract's code, its public sentence and the reference to give to an Admin. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode | 'unreachable';
  readonly status: number;
  readonly retry: boolean;
  readonly reference: string;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode | 'unreachable',
    message: string,
    more: { status?: number; retry?: boolean; reference?: string; details?: ErrorDetails | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.retry = more.retry ?? true;
    this.reference = more.reference ?? '';
    this.details = more.details ?? {};
  }
}

interface CallOptions {
  signal?: AbortSignal;
  /** Added to this one request, such as a conversation's token. */
  headers?: Readonly<Record<string, string>>;
}

type Method<E extends Endpoint> =
  Record<never, never> extends Call<E>
    ? (call?: Call<E>, options?: CallOptions) => Promise<Output<E>>
    : (call: Call<E>, options?: CallOptions) => Promise<Output<E>>;

/** The contract as functions: `client.bots.list({ params: { org, workspace } })`. */
export type Client = {
  [F in keyof Contract]: { [N in keyof Contract[F]]: Contract[F][N] extends Endpoint ? Method<Contract[F][N]> : never };
};

/** Makes the typed client of the contract over any transport. Calls throw `ApiError`; answers are checked against their schema. */
export function createClient(transport: Transport): Client {
  const features = Object.entries(contract).map(([feature, endpoints]) => [
    feature,
    Object.fromEntries(
      Object.entries(endpoints).map(([name, value]) => [
        name,
        (call: LooseCall = {}, options: CallOptions = {}) => send(transport, value, call, options),
      ]),
    ),
  ]);
  return Object.fromEntries(features) as Client;
}

interface LooseCall {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

async function send(transport: Transport, endpoint: Endpoint, call: LooseCall, options: CallOptions): Promise<unknown> {
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

function toRequest(endpoint: Endpoint, call: LooseCall, options: CallOptions): Request {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(call.params?.[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const headers = new Headers(options.headers);
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

/** The failure that an answer tells. */
export async function toError(response: Response): Promise<ApiError> {
  const parsed = ErrorBody.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return new ApiError('internal', `The server answered with status ${response.status}.`, { status: response.status });
  const { code, message, retry, reference, details } = parsed.data.error;
  return new ApiError(code, message, { status: response.status, retry, reference, details });
}
