import { ChannelError, isChannelErrorCode } from '../errors.ts';
import { ByteReader } from '../protocol/byte-reader.ts';
import { type Bytes, fromUtf8 } from '../protocol/bytes.ts';
import { CONTENT_TYPE } from '../protocol/constants.ts';

/** Carries one outer request; `fetch` fits. */
export type Transport = (request: Request) => Promise<Response>;

/** Posts a message to the channel's path and gives the bytes that come back. @throws ChannelError for a refusal, or `transport_failed` */
export async function exchange(
  transport: Transport,
  url: string,
  body: Bytes | ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): Promise<ByteReader> {
  const init = {
    method: 'POST',
    body,
    headers: { 'content-type': CONTENT_TYPE },
    // A channel carries its own credentials; the outer request has none and leaves no trace.
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    ...(signal && { signal }),
  } as const;
  let response: Response;
  try {
    response = await transport(new Request(url, init));
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ChannelError('transport_failed', cause);
  }
  if (response.status !== 200) throw new ChannelError(await refusalOf(response));
  if (!response.body) throw new ChannelError('truncated');
  return new ByteReader(response.body);
}

const MAX_REFUSAL_BYTES = 1024;

/** The code of an unauthenticated refusal: only a hint, and only if it is one of ours. */
async function refusalOf(response: Response) {
  try {
    const text = response.body ? await new ByteReader(response.body).readAll(MAX_REFUSAL_BYTES) : new Uint8Array();
    const { code } = JSON.parse(fromUtf8(text)) as { code?: unknown };
    if (isChannelErrorCode(code) && HINTS.has(code)) return code;
  } catch {
    // Not ours to read.
  }
  return 'transport_failed';
}

const HINTS: ReadonlySet<string> = new Set([
  'malformed_message',
  'no_common_suite',
  'origin_mismatch',
  'record_refused',
  'rehandshake',
  'too_large',
  'busy',
]);
