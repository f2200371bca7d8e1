import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createChannelServer, DEFAULT_PATH, type Environment, type GetEvidence, type Session } from '@privexbot/secure-channel/server';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { networkOf, type RateLimiter } from './limits.ts';
import type { ChannelCaller } from './scope.ts';

interface Ports {
  /** What the environment states of itself, as it is now. */
  readonly environment: () => Environment;
  readonly evidence: GetEvidence;
  readonly limiter: RateLimiter;
  readonly log: Log;
  readonly now: () => Date;
}

/** Handles the request that was inside a sealed one. */
type Inner = (request: Request, channel: ChannelCaller) => Response | Promise<Response>;

/** The one way in for people and programs: opens sealed requests and hands them to the same app as all others. */
export interface SecureChannel extends Disposable {
  /** Whether a request is for the channel. */
  takes(request: { readonly method?: string | undefined; readonly url?: string | undefined }): boolean;
  /** Over the server's own streams, which cost less than `Request` and `Response`. */
  serve(incoming: IncomingMessage, outgoing: ServerResponse, inner: Inner, address: string): Promise<void>;
  /** The same for a caller in this process, and for addresses that only `URL` reads as the channel's. */
  handle(request: Request, inner: Inner, address: string): Promise<Response>;
}

/** Handshakes of one moment share a quote, since hosts limit quotes. */
const BATCH_MS = 20;
/** One for all: making one for each request, with its stack, costs more than opening its record. */
const GONE = new Error('the client has gone');
const WHOLE_BODY_BYTES = 256 * 1024;

/** @param isBatching whether handshakes wait for each other; a quote that costs nothing needs no waiting */
export function openSecureChannel({ environment, evidence: attest, limiter, log, now }: Ports, isBatching: boolean): SecureChannel {
  const evidence: GetEvidence = async (...asked) => {
    try {
      return await attest(...asked);
    } catch (err) {
      // Clients only see that nobody answers.
      log.error({ err }, 'the machine gave no evidence for a handshake');
      throw err;
    }
  };
  const server = createChannelServer({ environment, evidence, now, batchMs: isBatching ? BATCH_MS : 0 });
  const callers = new WeakMap<Session, ChannelCaller>();
  const callerOf = (session: Session): ChannelCaller => {
    const known = callers.get(session) ?? { session };
    callers.set(session, known);
    return known;
  };
  const answer = (body: Uint8Array | ReadableStream<Uint8Array>, inner: Inner, signal: AbortSignal, address: string) =>
    server.answer(
      body,
      (request, session) => inner(request, callerOf(session)),
      signal,
      () => !isTooFast(limiter, address),
    );

  return {
    takes: ({ method, url }) => method === 'POST' && (url === DEFAULT_PATH || url?.startsWith(`${DEFAULT_PATH}?`) === true),
    async serve(incoming, outgoing, inner, address) {
      const gone = new AbortController();
      outgoing.once('close', () => gone.abort(GONE));
      const body = await bodyOf(incoming);
      const { status, contentType, body: sealed } = await answer(body, inner, gone.signal, address);
      outgoing.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      if (sealed instanceof Uint8Array) outgoing.end(sealed);
      else await pump(sealed, outgoing);
    },
    async handle(request, inner, address) {
      const { status, contentType, body } = await answer(request.body ?? new Uint8Array(), inner, request.signal, address);
      return new Response(body, { status, headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
    },
    [Symbol.dispose]: () => server[Symbol.dispose](),
  };
}

/** A small body is read at once, which costs less than reading it as a stream. */
async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const length = Number(incoming.headers['content-length'] ?? Number.NaN);
  if (!(length <= WHOLE_BODY_BYTES)) return Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}

function isTooFast(limiter: RateLimiter, address: string): boolean {
  try {
    limiter.take('handshake', networkOf(address));
    return false;
  } catch (error) {
    if (error instanceof AppError) return true;
    throw error;
  }
}

/** Writes no faster than the client reads; ends the source when the client has gone. */
async function pump(source: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = source.getReader();
  outgoing.once('close', () => void reader.cancel().catch(() => undefined));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (!outgoing.write(next.value) && !outgoing.destroyed) await new Promise<void>((resolve) => onceEither(outgoing, resolve));
    outgoing.end();
  } catch {
    // Without its last record the answer is seen to be cut.
    outgoing.destroy();
  }
}

function onceEither(outgoing: ServerResponse, resolve: () => void): void {
  const done = () => {
    outgoing.off('drain', done);
    outgoing.off('close', done);
    resolve();
  };
  outgoing.once('drain', done);
  outgoing.once('close', done);
}
