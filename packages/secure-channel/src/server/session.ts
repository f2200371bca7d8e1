import type { KeyObject } from 'node:crypto';
import { ChannelError } from '../errors.ts';
import type { ByteReader } from '../protocol/byte-reader.ts';
import { type Bytes, readU32, toBase64url } from '../protocol/bytes.ts';
import { DIRECTION } from '../protocol/constants.ts';
import { allowedHeaders, checkRequestHead, encodeHead, type RequestHead, splitHead } from '../protocol/http-heads.ts';
import { exportSecret, type SessionSecrets } from '../protocol/key-schedule.ts';
import { type IncomingRecord, recordReceiver, recordSender, requestContext, responseContext } from '../protocol/records.ts';
import { receivingKeys, sendingKeys } from '../protocol/traffic-keys.ts';
import { importServerKey, openRecord, sealRecord } from './cipher.ts';
import { nativeHashes as hashes } from './hashes.ts';
import { sealBody } from './outgoing.ts';
import { replayWindow } from './replay-window.ts';

export type Handler = (request: Request, session: Session) => Promise<Response> | Response;

/** One client's session, as the server holds it. */
export interface Session {
  readonly id: Uint8Array;
  readonly openedAt: number;
  /** The origin the client named, which the key configuration lists. */
  readonly origin: string;
  /** The same secret as the client's `channel.export`. */
  export(label: string, length: number): Uint8Array;
}

export interface ServedSession extends Session {
  readonly generation: string;
  /**
   * Opens a sealed request, whose frames the reader is at, and seals the handler's response.
   * @param signal of the request that the handler gets: aborted when the client goes away
   * @throws ChannelError `record_refused` before the handler runs
   */
  serve(streamId: number, reader: ByteReader, handler: Handler, signal?: AbortSignal): Promise<Bytes | ReadableStream<Uint8Array>>;
}

export interface SessionSettings {
  readonly path: string;
  readonly coalesceMs: number;
  readonly maxRequestBytes: number;
  readonly requestHeaders: ReadonlySet<string>;
  readonly responseHeaders: ReadonlySet<string>;
}

interface Opened {
  readonly id: Uint8Array;
  readonly openedAt: number;
  readonly origin: string;
  readonly generation: string;
  readonly secrets: SessionSecrets;
  /** Runs when a first record opened. */
  readonly onUse: () => void;
  /** A newer ticket, if it is time for one. */
  readonly renewTicket: () => Uint8Array | undefined;
}

export function servedSession(
  { id, openedAt, origin, generation, secrets, onUse, renewTicket }: Opened,
  settings: SessionSettings,
): ServedSession {
  const sending = sendingKeys(hashes, secrets.server, importServerKey);
  const receiving = receivingKeys(hashes, secrets.client, importServerKey);
  const streams = replayWindow();
  const upContext = requestContext(hashes, settings.path);

  async function firstRecord(streamId: number, reader: ByteReader) {
    const open = recordReceiver({ sessionId: id, direction: DIRECTION.toServer, streamId, context: upContext }, receiving);
    const frame = await reader.readFrame();
    // From here to the mark nothing waits, so that of two equal streams one is refused.
    if (!frame || !streams.isFresh(streamId)) throw new ChannelError('record_refused');
    const record = openRecord(open(frame));
    streams.mark(streamId);
    onUse();
    return { ...record, open };
  }

  return {
    id,
    openedAt,
    origin,
    generation,
    export: (label, length) => exportSecret(hashes, secrets.exporter, label, length),
    async serve(streamId, reader, handler, signal) {
      const first = await firstRecord(streamId, reader).catch(refused);
      const { head, body } = splitHead(first.content, checkRequestHead);
      const rest = first.isLast ? body : restOf(reader, first.open, body, settings.maxRequestBytes);
      const response = await handler(requestOf(head, rest, origin, settings, signal), this);
      const down = { sessionId: id, direction: DIRECTION.toClient, streamId, context: responseContext(hashes, head) };
      const seal = recordSender(down, sending);
      const ticket = renewTicket();
      const headBytes = encodeHead({
        status: response.status,
        headers: allowedHeaders(response.headers, settings.responseHeaders),
        ...(ticket && { ticket: toBase64url(ticket) }),
      });
      return sealBody(headBytes, response.body, (content, isLast) => sealRecord(seal(content, isLast)), settings.coalesceMs);
    },
  };
}

/** All faults of a record look alike from outside. */
function refused(cause: unknown): never {
  throw new ChannelError('record_refused', cause);
}

function requestOf(
  head: RequestHead,
  body: Uint8Array | ReadableStream<Uint8Array>,
  origin: string,
  settings: SessionSettings,
  signal: AbortSignal | undefined,
): Request {
  const hasBody = head.method !== 'GET' && head.method !== 'HEAD' && !(body instanceof Uint8Array && body.length === 0);
  try {
    return new Request(origin + head.path, {
      method: head.method,
      headers: allowedHeaders(head.headers, settings.requestHeaders) as [string, string][],
      ...(hasBody && { body: body as Bytes | ReadableStream<Uint8Array>, duplex: 'half' }),
      ...(signal && { signal }),
    });
  } catch (cause) {
    return refused(cause);
  }
}

type Open = (frame: Bytes) => IncomingRecord<KeyObject>;

/** A body that goes on after the first record; fails rather than ends if its last record is missing. */
function restOf(reader: ByteReader, open: Open, start: Uint8Array, limit: number): ReadableStream<Uint8Array> {
  let length = start.length;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (start.length > 0) controller.enqueue(start);
    },
    async pull(controller) {
      try {
        for (;;) {
          const frame = await reader.readFrame();
          if (!frame) throw new ChannelError('record_refused');
          const { content, isLast } = openRecord(open(frame));
          length += content.length;
          if (length > limit) throw new ChannelError('too_large');
          if (content.length > 0) controller.enqueue(content);
          if (isLast) return controller.close();
          if (content.length > 0) return;
        }
      } catch (error) {
        await reader.cancel();
        const isTooLarge = error instanceof ChannelError && error.code === 'too_large';
        controller.error(isTooLarge ? error : new ChannelError('record_refused', error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** What stands in front of the frames of a sealed request, after its kind. */
export async function readPrefix(reader: ByteReader): Promise<{ sessionId: Uint8Array; streamId: number }> {
  const length = (await reader.read(1))?.[0] ?? 0;
  const prefix = length >= 16 && length <= 64 ? await reader.read(length + 4) : undefined;
  if (!prefix) throw new ChannelError('malformed_message');
  return { sessionId: prefix.subarray(0, length), streamId: readU32(prefix, length) };
}
