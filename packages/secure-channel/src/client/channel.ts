import { ChannelError } from '../errors.ts';
import type { ByteReader } from '../protocol/byte-reader.ts';
import { type Bytes, concat, fromBase64url, u32 } from '../protocol/bytes.ts';
import { DIRECTION, KIND, MAX_STREAM_ID } from '../protocol/constants.ts';
import { portableHashes as hashes } from '../protocol/hashes.ts';
import {
  allowedHeaders,
  checkResponseHead,
  encodeHead,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  type RequestHead,
  splitHead,
} from '../protocol/http-heads.ts';
import { exportSecret, type SessionSecrets } from '../protocol/key-schedule.ts';
import {
  type IncomingRecord,
  MAX_CONTENT_BYTES,
  type OutgoingRecord,
  recordReceiver,
  recordSender,
  requestContext,
  responseContext,
} from '../protocol/records.ts';
import { receivingKeys, sendingKeys } from '../protocol/traffic-keys.ts';
import { type ClientKey, importClientKey, openRecord, sealRecord } from './cipher.ts';
import type { ConnectOptions, Peer, Resumption } from './connect.ts';
import { exchange, type Transport } from './exchange.ts';

/** A sealed session with one verified enclave. */
export interface Channel<Proof> extends Disposable {
  /** For people to compare and for logs; not secret. */
  readonly sessionId: Uint8Array;
  readonly peer: Peer;
  /** What `verify` returned for this session or for the one it resumes. */
  readonly proof: Proof;
  /**
   * Sends a whole request sealed, and opens the response as it streams. Each call is a new stream: to send again, call again with a new `Request`
   * that has the same `idempotency-key` header. Only the path and query of the request's address count.
   * @throws ChannelError; its `resend` says whether sending again is safe. The response's body fails with one if it is cut or changed
   */
  fetch(request: Request): Promise<Response>;
  /** A secret that only this client and this enclave have, for sign-in and device keys. */
  export(label: string, length: number): Uint8Array;
  /** What `connect` needs to open the next session without new evidence; undefined if the server gave no ticket. */
  resumption(): Resumption<Proof> | undefined;
  /** Forgets the keys. */
  close(): void;
}

interface Session<Proof> extends ConnectOptions<Proof> {
  readonly transport: Transport;
  readonly sessionId: Uint8Array;
  readonly ticket: Uint8Array;
  readonly secrets: SessionSecrets;
  readonly peer: Peer;
  readonly proof: Proof;
}

export function openChannel<Proof>(session: Session<Proof>): Channel<Proof> {
  const { sessionId, peer, proof, secrets, url, transport } = session;
  const upContext = requestContext(hashes, new URL(url).pathname);
  const requestAllowed = new Set<string>([...REQUEST_HEADERS, ...(session.requestHeaders ?? [])]);
  const responseAllowed = new Set<string>([...RESPONSE_HEADERS, ...(session.responseHeaders ?? [])]);
  const newKeys = () => ({
    sending: sendingKeys(hashes, secrets.client, importClientKey),
    receiving: receivingKeys(hashes, secrets.server, importClientKey),
  });
  let keys: ReturnType<typeof newKeys> | undefined = newKeys();
  let ticket = session.ticket;
  let lastStreamId = 0;

  async function send(request: Request): Promise<Response> {
    request.signal.throwIfAborted();
    if (!keys) throw new ChannelError('closed');
    if (lastStreamId >= MAX_STREAM_ID) throw new ChannelError('rehandshake');
    const streamId = ++lastStreamId;
    const head = requestHead(request, requestAllowed);
    const up = { sessionId, direction: DIRECTION.toServer, streamId, context: upContext };
    const down = { sessionId, direction: DIRECTION.toClient, streamId, context: responseContext(hashes, head) };
    const seal = recordSender(up, keys.sending);
    const open = recordReceiver(down, keys.receiving);
    const prefix = concat(Uint8Array.of(KIND.sealedRequest, sessionId.length), sessionId, u32(streamId));
    const body =
      session.streamUploads && request.body ? streamed(prefix, head, request.body, seal) : await whole(prefix, head, request, seal);
    const reader = await exchange(transport, url, body, request.signal);
    const first = await nextRecord(reader, open);
    const { head: answer, body: start } = splitHead(first.content, checkResponseHead);
    if (answer.ticket) ticket = fromBase64url(answer.ticket);
    const init = { status: answer.status, headers: allowedHeaders(answer.headers, responseAllowed) as [string, string][] };
    if (first.isLast) void finish(reader);
    if (NO_BODY.has(answer.status)) {
      if (first.isLast && start.length === 0) return new Response(null, init);
      await reader.cancel();
      throw new ChannelError('record_refused');
    }
    return new Response(first.isLast ? (start as Bytes) : opened(reader, open, start), init);
  }

  return {
    sessionId,
    peer,
    proof,
    async fetch(request) {
      try {
        return await send(request);
      } catch (error) {
        throw translated(error, request.signal);
      }
    },
    export(label, length) {
      if (!keys) throw new ChannelError('closed');
      return exportSecret(hashes, secrets.exporter, label, length);
    },
    resumption: () => (ticket.length > 0 ? { ticket, psk: secrets.resumption, peer, proof } : undefined),
    close() {
      keys = undefined;
    },
    [Symbol.dispose]() {
      keys = undefined;
    },
  };
}

type Seal = (content: Uint8Array, isLast: boolean) => OutgoingRecord<ClientKey>;
type Open = (frame: Bytes) => IncomingRecord<ClientKey>;

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function requestHead(request: Request, allowed: ReadonlySet<string>): RequestHead {
  const { pathname, search } = new URL(request.url);
  return { method: request.method, path: pathname + search, headers: allowedHeaders(request.headers, allowed) };
}

async function whole(prefix: Bytes, head: RequestHead, request: Request, seal: Seal): Promise<Bytes> {
  const content = concat(encodeHead(head), new Uint8Array(await request.arrayBuffer()));
  const frames: Promise<Bytes>[] = [];
  for (let at = 0; at === 0 || at < content.length; at += MAX_CONTENT_BYTES) {
    const end = at + MAX_CONTENT_BYTES;
    frames.push(sealRecord(seal(content.subarray(at, end), end >= content.length)));
  }
  return concat(prefix, ...(await Promise.all(frames)));
}

function streamed(prefix: Bytes, head: RequestHead, body: ReadableStream<Uint8Array>, seal: Seal): ReadableStream<Uint8Array> {
  async function* frames() {
    yield concat(prefix, await sealRecord(seal(encodeHead(head), false)));
    const reader = body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read())
      for (let at = 0; at < next.value.length; at += MAX_CONTENT_BYTES)
        yield await sealRecord(seal(next.value.subarray(at, at + MAX_CONTENT_BYTES), false));
    yield await sealRecord(seal(new Uint8Array(), true));
  }
  const made = frames();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await made.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await body.cancel(reason).catch(() => undefined);
    },
  });
}

async function nextRecord(reader: ByteReader, open: Open): Promise<{ content: Uint8Array; isLast: boolean }> {
  const frame = await reader.readFrame();
  if (!frame) throw new ChannelError('truncated');
  return openRecord(open(frame));
}

/** The rest of a response; fails rather than ends if its last record is missing. */
function opened(reader: ByteReader, open: Open, start: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (start.length > 0) controller.enqueue(start);
    },
    async pull(controller) {
      try {
        for (;;) {
          const { content, isLast } = await nextRecord(reader, open);
          if (content.length > 0) controller.enqueue(content);
          if (isLast) {
            controller.close();
            return await finish(reader);
          }
          if (content.length > 0) return;
        }
      } catch (error) {
        await reader.cancel();
        controller.error(translated(error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** What follows the last record is not read, but an honest end lets the connection be used again. */
async function finish(reader: ByteReader): Promise<void> {
  const more = await reader.read(1).catch(() => undefined);
  if (more) await reader.cancel();
}

function translated(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof ChannelError) return error;
  if (signal?.aborted) return signal.reason;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  return new ChannelError('truncated', error);
}
